// SPDX-License-Identifier: GPL-2.0-only
// Events: which kinds when, and those around the position.
"use strict";

const KINDS = [
	["A", "pages allocated", /^(mm_page_alloc|op (alloc_pages|buddy_alloc).*)$/, "#e69f00"],
	["F", "pages freed", /^(mm_page_free|op (free_pages|buddy_free).*)$/, "#56b4e9"],
	["S", "blocks split", /^mm_page_split$/, "#d55e00"],
	["M", "blocks merged", /^mm_page_merge$/, "#0072b2"],
	["P", "per-CPU lists", /pcp/, "#f0e442"],
	["X", "fallbacks, steals, refusals", /extfrag|steal|refused/, "#000000"],
	["O", "objects and slabs", /^k(m|f)|slab|cache|object/, "#009e73"],
	["T", "tables, mappings, TLB", /table|map|tlbi|block/, "#cc79a7"],
	["Q", "other operations asked for", /^op /, "#8a929a"],
	["-", "others", /./, "#c3cad1"],
];
const ROWS_AROUND = 8;
const BUCKETS = 260;

class EventsView {
	constructor(run, parent, steps) {
		this.run = run;
		this.kindOf = run.records.names.map(([name]) => KINDS.findIndex(([, , pattern]) => pattern.test(name)));
		this.steps = steps;
		this.chart = new Chart(parent, 150, `events of run ${run.name}`, run, steps);
		this.chart.board.hover = (x) => this.tell(x);
		this.bucket();
		this.table = make("table");
		parent.append(make("div", { class: "scroll", tabindex: "0", "aria-label": "events around the position" }, this.table));
	}

	// Drawn are shares of a few hundred buckets, however many events there are
	bucket() {
		this.buckets = [];
		for (let i = 0; i < BUCKETS; i++) {
			const from = recordAt(this.run, i / BUCKETS * this.steps), to = recordAt(this.run, (i + 1) / BUCKETS * this.steps);
			const found = new Uint32Array(KINDS.length);

			for (let record = from; record < to; record++)
				found[this.kindOf[this.run.records.kind[record]]]++;
			this.buckets.push([found, from, to]);
		}
	}

	draw() {
		const g = this.chart.begin(), high = this.chart.bottom - PAD.top;
		const wide = (this.chart.x(this.steps) - this.chart.x(0)) / BUCKETS;

		for (const share of [0, 0.5, 1])
			this.chart.yTick(g, PAD.top + (1 - share) * high, share * 100);
		this.chart.yTitle(g, "% of events");
		this.buckets.forEach(([found, from, to], i) => {
			let y = this.chart.bottom;

			found.forEach((nr, kind) => {
				const part = to > from ? high * nr / (to - from) : 0;

				g.fillStyle = this.colour(kind);
				g.fillRect(this.chart.x(0) + i * wide, y - part, wide + 0.3, part);
				y -= part;
			});
		});
		this.chart.done();
	}

	colour(kind) {
		return kind === 5 && darkQuery.matches ? "#ffffff" : KINDS[kind][3];
	}

	tell(x) {
		const at = Math.floor(this.chart.position(x) / this.steps * BUCKETS), one = this.buckets[at];

		if (!one || one[1] === one[2])
			return "";
		const [found, from, to] = one;

		return `events ${grouped(from + 1)} to ${grouped(to)}\n` + KINDS.map(([letter, name], i) => [found[i], letter, name])
			.filter(([nr]) => nr).sort(([a], [b]) => b - a).map(([nr, letter, name]) => `${nr} × ${letter} ${name}`).join("\n");
	}

	row(i, now) {
		const { records } = this.run, [name] = records.names[records.kind[i]];
		const words = records.args(i).map(([key, value]) => `${key}=${value}`).join(" ");
		const result = name.startsWith("op ") ? (records.err[i] < 0 ? ` failed with ${records.err[i]}` : "") : "";

		return make("tr", now ? { class: "now" } : {}, make("td", { text: grouped(records.seq[i]) }),
			make("td", { text: (records.ns[i] / 1e9).toFixed(6) }), make("td", { text: String(records.cpu[i]) }),
			make("td", { text: KINDS[this.kindOf[records.kind[i]]][0] }), make("td", { text: name }),
			make("td", { text: words + result }));
	}

	show(moment, record, position) {
		const { records, events } = this.run, head = make("tr");

		this.chart.cursor(position);
		for (const word of ["number", "s", "CPU", "", "event", "arguments"])
			head.append(make("th", { text: word }));
		const rows = [], from = Math.max(0, Math.min(record - ROWS_AROUND, records.nr - 2 * ROWS_AROUND));

		for (let i = from; i < Math.min(records.nr, from + 2 * ROWS_AROUND); i++)
			rows.push(this.row(i, i === record - 1));
		this.table.replaceChildren(head, ...rows);
		const number = record ? `, the newest is number ${grouped(records.seq[record - 1])}` : "";

		this.chart.says.textContent = `${grouped(record)} of ${grouped(records.nr)} events${number}` +
			(events.lost ? `; ${grouped(events.lost)} were lost` : "") +
			(events.leftOut ? `; ${grouped(events.leftOut)} older ones are not in this page` : "");
	}
}
