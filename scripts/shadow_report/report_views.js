// SPDX-License-Identifier: GPL-2.0-only
// Charts over all moments: each draws once, then follows the position.
"use strict";

const TRACK = 480;	// positions at which free blocks are drawn

// Free blocks: order × time. With events a column is a small part of the way, else a
// moment; the one at the right is the position
class BuddyView {
	constructor(run, parent, steps) {
		this.run = run;
		this.state = run.buddy;
		this.rows = this.state.orders;
		this.chart = new Chart(parent, 24 + 19 * this.rows + PAD.bottom, `free blocks of run ${run.name}`, run, steps);
		this.chart.board.hover = (x, y) => this.tell(x, y);
		this.words = run.records ? driftWords(run, this.state.drift, "blocks") : "";
	}

	free(blocks) {
		return blocks.reduce((sum, nr, order) => sum + nr * 2 ** order, 0);
	}

	y(order) {
		const high = (this.chart.bottom - PAD.top) / this.rows;

		return PAD.top + (this.rows - 1 - order) * high;
	}

	// Blocks by order of one of run.track
	sums(blocks) {
		const found = new Array(this.rows).fill(0);

		blocks.forEach((nr, i) => {
			found[i % this.rows] += nr;
		});
		return found;
	}

	// [x, width, blocks] from left to right
	columns() {
		const { chart, run } = this, found = [];

		if (!run.records)
			return run.moments.flatMap((one, i) => (one.buddy ? [[chart.x(i) - (chart.x(1) - chart.x(0)) / 2,
				chart.x(1) - chart.x(0) - (chart.x(1) - chart.x(0) > 6 ? 1 : 0), this.sums(this.asBlocks(one.buddy))]] : []));
		const wide = (chart.x(chart.steps) - chart.x(0)) / TRACK;

		run.track.forEach((blocks, i) => {
			if (blocks)
				found.push([chart.x(0) + (i - 0.5) * wide, wide + 0.3, this.sums(blocks)]);
		});
		return found;
	}

	asBlocks(zones) {
		const found = new Int32Array(this.state.blocks.length);

		for (const [zone, blocks] of zones)
			blocks.forEach((nr, order) => {
				found[this.state.zones.indexOf(zone) * this.rows + order] = nr;
			});
		return found;
	}

	column(g, x, wide, blocks, high) {
		const free = this.free(blocks) || 1;

		blocks.forEach((nr, order) => {
			const colour = shade(nr * 2 ** order / free);

			g.fillStyle = `rgb(${colour})`;
			g.fillRect(x, this.y(order), wide, high - 1);
			if (!nr || wide <= 7 * String(nr).length + 2)
				return;
			g.fillStyle = inkOn(colour);
			g.textAlign = "center";
			g.fillText(nr, x + wide / 2, this.y(order) + high / 2 + 4);
		});
		g.textAlign = "left";
	}

	draw() {
		const g = this.chart.begin(), high = (this.chart.bottom - PAD.top) / this.rows;

		for (const [x, wide, blocks] of this.columns())
			this.column(g, x, wide, blocks, high);
		this.momentLines(g);
		g.fillStyle = css("--soft");
		g.textAlign = "right";
		for (let order = 0; order < this.rows; order++)
			g.fillText(order, PAD.left - 6, this.y(order) + high / 2 + 4);
		g.textAlign = "left";
		this.chart.yTitle(g, "order");
		this.chart.done();
	}

	momentLines(g) {
		if (!this.run.records)
			return;
		g.strokeStyle = css("--bg");
		g.globalAlpha = 0.55;
		g.beginPath();
		for (let i = 0; i <= this.chart.steps; i++) {
			g.moveTo(Math.round(this.chart.x(i)) + 0.5, PAD.top);
			g.lineTo(Math.round(this.chart.x(i)) + 0.5, this.chart.bottom);
		}
		g.stroke();
		g.globalAlpha = 1;
	}

	tell(x, y) {
		const at = this.chart.position(x), high = (this.chart.bottom - PAD.top) / this.rows;
		const order = this.rows - 1 - Math.floor((y - PAD.top) / high), now = x > this.chart.board.width - PAD.right;
		const moment = this.run.moments[Math.round(at)];
		let blocks, where;

		if (order < 0 || order >= this.rows)
			return "";
		if (now) {
			blocks = this.now;
			where = "at the position";
		} else if (this.run.records) {
			const bucket = Math.round(at / this.chart.steps * TRACK);

			blocks = this.run.track[bucket];
			where = `after event ${grouped(recordAt(this.run, bucket / TRACK * this.chart.steps))}`;
		} else if (moment && moment.buddy) {
			blocks = this.asBlocks(moment.buddy);
			where = moment.name;
		}
		if (!blocks)
			return "";
		const sums = this.sums(blocks), frames = sums[order] * 2 ** order, part = frames / (this.free(sums) || 1);

		return `${where}: ${grouped(sums[order])} free blocks of order ${order}\n` +
			`${amount(frames, this.run.frameBytes)}, ${(100 * part).toFixed(1)} % of what is free` +
			(this.state.zones.length > 1 ? "\n" + this.state.zones.map((zone, i) =>
				`node ${zone}: ${grouped(blocks[i * this.rows + order])}`).join("\n") : "");
	}

	show(moment, record, position) {
		const known = this.state.seek(wantOf(this.run, moment, record)) && (this.run.records || moment.buddy);

		this.now = known ? this.state.blocks.slice() : null;
		this.chart[this.run.records ? "cursor" : "cursorFrame"](position);
		const blocks = known && this.sums(this.now), g = this.chart.board.g, x = this.chart.board.width - PAD.right + 12;

		g.fillStyle = css("--now");
		g.fillText("now", x + (PAD.right - 16) / 2 - 11, PAD.top - 7);
		if (blocks)
			this.column(g, x, PAD.right - 16, blocks, (this.chart.bottom - PAD.top) / this.rows);
		this.chart.says.textContent = blocks ?
			`${grouped(this.free(blocks))} frames (${amount(this.free(blocks), this.run.frameBytes)}) free, largest order ` +
			`${blocks.findLastIndex((nr) => nr)}${this.words}` : `${moment.name}: no snapshot`;
	}
}

// A line through all that run.track knows; value() asks run.buddy, as it was there
function trackPoints(run, chart, value) {
	const now = run.buddy.blocks;
	const points = run.track.map((blocks, i) => {
		if (!blocks || blocks.every((nr) => !nr))
			return null;
		run.buddy.blocks = blocks;
		return [chart.x(i / TRACK * chart.steps), value()];
	});

	run.buddy.blocks = now;
	return points;
}

class FragView {
	constructor(run, parent, steps) {
		this.run = run;
		this.order = 0;
		this.zones = [...new Set(run.moments.flatMap((one) => (one.unusable || []).map(([zone]) => zone)))];
		this.followed = Boolean(run.records && run.buddy);
		this.chart = new Chart(parent, 230, `fragmentation of run ${run.name}`, run, steps);
		this.chart.board.hover = (x) => this.tell(x);
	}

	y(share) {
		return PAD.top + (1 - share) * (this.chart.bottom - PAD.top);
	}

	value(moment, zone) {
		const row = (moment.unusable || []).find(([name]) => name === zone);

		return row && row[1][this.order];
	}

	draw() {
		const g = this.chart.begin();

		for (const share of [0, 0.25, 0.5, 0.75, 1])
			this.chart.yTick(g, this.y(share), share);
		this.chart.yTitle(g, `unusable for order ${this.order}`);
		this.counted(g);
		this.zones.forEach((zone, i) => {
			const points = this.run.moments.map((one, at) => {
				const value = this.value(one, zone);

				return value === undefined ? null : [this.chart.x(at), this.y(value)];
			});

			this.chart.line(g, points, ink(i), DASH[i % DASH.length], true, this.followed);
			this.chart.key(g, i, "node " + zone, ink(i), DASH[i % DASH.length], 110);
		});
		this.chart.done();
	}

	// From the free blocks, where events tell of them
	counted(g) {
		const { run, chart } = this;

		if (!run.records || !run.buddy)
			return;
		this.zones.forEach((zone, i) => {
			const at = run.buddy.zones.indexOf(zone);

			if (at >= 0)
				chart.line(g, trackPoints(run, chart, () => this.y(run.buddy.unusable(at, this.order))), ink(i),
					DASH[i % DASH.length], false);
		});
	}

	nowWords() {
		return this.zones.map((zone) => {
			const at = this.run.buddy.zones.indexOf(zone);

			return `node ${zone}: unusable ${at < 0 ? "?" : this.run.buddy.unusable(at, this.order).toFixed(3)}`;
		}).join("; ");
	}

	tell(x) {
		const one = this.run.moments[Math.round(this.chart.position(x))];

		return one && one.unusable ? `${one.name}\n` + this.words(one) : "";
	}

	words(moment) {
		return this.zones.map((zone) => {
			const row = (moment.extfrag || []).find(([name]) => name === zone), index = row && row[1][this.order];

			return `node ${zone}: unusable ${this.value(moment, zone)}` + (index === undefined || index < 0 ? "" :
				`, extfrag ${index}`);
		}).join("\n");
	}

	show(moment, record, position) {
		this.chart.cursor(position);
		const said = moment.unusable ? `${moment.name}: ${this.words(moment).replaceAll("\n", "; ")}` : `${moment.name}: no snapshot`;

		this.chart.says.textContent = this.run.records && this.run.buddy && this.run.buddy.seek(record) &&
			!(moment.at === record && moment.unusable) ? `now ${this.nowWords()}` : said;
	}
}

class MarksView {
	constructor(run, parent, steps) {
		this.run = run;
		this.zones = [...new Set(run.moments.flatMap((one) => (one.zones || []).map((zone) => zone.zone)))];
		this.charts = this.zones.map((zone) => {
			parent.append(make("h3", { text: `node ${zone}` }));
			const chart = new Chart(parent, 190, `watermarks of zone ${zone} of run ${run.name}`, run, steps);

			chart.board.hover = (x) => this.tell(zone, Math.round(chart.position(x)));
			return chart;
		});
	}

	of(moment, zone) {
		return moment && (moment.zones || []).find((one) => one.zone === zone);
	}

	draw() {
		this.zones.forEach((zone, i) => this.drawZone(zone, this.charts[i]));
	}

	drawZone(zone, chart) {
		const g = chart.begin(), known = this.run.moments.map((one) => this.of(one, zone));
		const most = 2 * Math.max(10, ...known.map((one) => (one ? Math.max(one.managed, one.high) : 0)));
		const log = (frames) => Math.log10(Math.max(1, frames)) / Math.log10(most);
		const y = (frames) => PAD.top + (1 - log(frames)) * (chart.bottom - PAD.top);
		const series = (key) => known.map((one, at) => (one ? [chart.x(at), y(one[key])] : null));

		for (let tick = 1; tick <= most; tick *= 10)
			chart.yTick(g, y(tick), tick >= 1000 ? tick / 1000 + "k" : tick);
		chart.yTitle(g, "frames");
		this.counted(g, chart, zone, y);
		[["free", 0], ["high", 2], ["low", 4], ["min", 1]].forEach(([key, colour], i) => {
			chart.line(g, series(key), ink(colour), DASH[i], !i, !i && this.run.records && this.run.buddy);
			chart.key(g, i, key, ink(colour), DASH[i], 62);
		});
		chart.done();
	}

	// From the free blocks, where events tell of them
	counted(g, chart, zone, y) {
		const { run } = this, at = run.buddy ? run.buddy.zones.indexOf(zone) : -1;

		if (run.records && at >= 0)
			chart.line(g, trackPoints(run, chart, () => y(run.buddy.free(at))), ink(0), DASH[0], false);
	}

	words(one) {
		return `free ${grouped(one.free)}, min ${one.min}, low ${one.low}, high ${one.high}` +
			(one.boost ? `, boost ${one.boost}` : "") + `; per-CPU lists ${one.pcp}, of ${grouped(one.managed)} frames`;
	}

	tell(zone, at) {
		const one = this.of(this.run.moments[at], zone);

		return one ? `${this.run.moments[at].name}\n` + this.words(one).replaceAll(/[,;] /g, "\n") : "";
	}

	show(moment, record, position) {
		this.zones.forEach((zone, i) => {
			const one = this.of(moment, zone);

			const { run } = this, at = run.buddy ? run.buddy.zones.indexOf(zone) : -1;
			const now = run.records && at >= 0 && run.buddy.seek(record) ? `now free ${grouped(run.buddy.free(at))}; ` : "";

			this.charts[i].cursor(position);
			this.charts[i].says.textContent = `${now}${moment.name}: ` + (one ? this.words(one) : "no snapshot");
		});
	}
}

// The phases, and how far they had come where events of the boot are known
class BootView {
	constructor(run, parent) {
		const list = make("div", { class: "boot" });
		let before = 0;

		this.run = run;
		this.total = run.boot.reduce((sum, [, ns]) => sum + ns, 0) || 1;
		this.phases = run.boot.map(([name, ns, early, tables, effect]) => {
			const bar = make("i"), now = make("b", { hidden: "" });
			const row = make("div", { class: "phase" }, make("span", { text: name, title: name }),
				make("span", { class: "lane" }, bar, now), make("span", { text: time(ns) }));

			bar.style.left = this.percent(before);
			bar.style.width = this.percent(ns);
			row.addEventListener("mousemove", (event) => tip(
				`${name}: ${time(ns)}, ${(100 * ns / this.total).toFixed(1)} %\n` +
				(early ? `${grouped(early)} bytes from the early allocator\n` : "") +
				(tables ? `${tables} tables made\n` : "") + effect, event));
			row.addEventListener("mouseleave", (event) => tip("", event));
			list.append(row);
			before += ns;
			return { name, ns, row, now, start: before - ns, end: -1 };
		});
		this.says = make("p", { class: "says" });
		parent.append(list, this.axis(), this.says);
		this.known = this.find();
	}

	percent(ns) {
		return 100 * ns / this.total + "%";
	}

	// 1, 2 or 5 times a power of ten apart, at most six of them
	axis() {
		const lane = make("span", { class: "lane" }), power = 10 ** Math.floor(Math.log10(this.total / 6));
		const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one * 6 >= this.total);

		for (let ns = 0; ns <= this.total; ns += step) {
			const tick = make("em", { text: ns ? time(ns) : "0" });

			tick.style.left = this.percent(ns);
			lane.append(tick);
		}
		return make("div", { class: "phase axis" }, make("span", { text: "phase" }), lane, make("span", { text: "took" }));
	}

	// The record that ended each phase; false: the history does not have them
	find() {
		const { records } = this.run, ends = [];

		for (let i = 0; records && i < records.nr && ends.length < this.phases.length; i++)
			if (records.names[records.kind[i]][0] === "boot_phase")
				ends.push(i);
		if (!this.phases.length || ends.length < this.phases.length)
			return false;
		this.phases.forEach((phase, i) => {
			phase.end = ends[i];
		});
		return this.run.early !== null;
	}

	draw() {
	}

	show(moment, record) {
		const { records } = this.run, done = `${this.phases.length} phases, ${time(this.total)} from the boot's start to its end`;

		this.says.textContent = done;
		if (!this.known)
			return;
		const at = this.phases.findIndex((phase) => record <= phase.end);
		const phase = this.phases[at], began = phase ? records.ns[phase.end] - phase.ns : 0;
		const ns = !phase ? this.total : phase.start + (record ?
			Math.max(0, Math.min(phase.ns, records.ns[record - 1] - began)) : 0);

		this.phases.forEach((one, i) => {
			one.row.classList.toggle("todo", Boolean(phase) && i >= at);
			one.now.hidden = !phase;
			one.now.style.left = this.percent(ns);
		});
		this.says.textContent = phase ? `${time(ns)} of ${time(this.total)}: in ${phase.name}` : done + ": all done";
	}
}

function time(ns) {
	return ns >= 1e9 ? (ns / 1e9).toFixed(2) + " s" : ns >= 1e6 ? (ns / 1e6).toFixed(1) + " ms" :
		(ns / 1e3).toFixed(0) + " µs";
}
