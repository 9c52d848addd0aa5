// SPDX-License-Identifier: GPL-2.0-only
// Views of snapshots: each draws once, then follows the position.
"use strict";

// Free blocks: order × time
class BuddyView {
	constructor(run, parent, steps) {
		this.run = run;
		this.rows = Math.max(0, ...run.moments.map((one) => one.buddy ?
			Math.max(...one.buddy.map(([, blocks]) => blocks.length)) : 0));
		this.blocks = run.moments.map((one) => this.sum(one.buddy));
		this.chart = new Chart(parent, 24 + 19 * this.rows + PAD.bottom, `free blocks of run ${run.name}`, run, steps);
		this.chart.board.hover = (x, y) => this.tell(x, y);
	}

	// Blocks by order over all zones; null: not known
	sum(zones) {
		if (!zones)
			return null;
		const found = new Array(this.rows).fill(0);

		for (const [, blocks] of zones)
			blocks.forEach((nr, order) => {
				found[order] += nr;
			});
		return found;
	}

	free(blocks) {
		return blocks.reduce((sum, nr, order) => sum + nr * 2 ** order, 0);
	}

	y(order) {
		const high = (this.chart.bottom - PAD.top) / this.rows;

		return PAD.top + (this.rows - 1 - order) * high;
	}

	draw() {
		const g = this.chart.begin(), high = (this.chart.bottom - PAD.top) / this.rows;
		const wide = this.chart.x(1) - this.chart.x(0);

		this.blocks.forEach((blocks, i) => {
			if (!blocks)
				return;
			const free = this.free(blocks) || 1, x = this.chart.x(i) - wide / 2;

			blocks.forEach((nr, order) => {
				const colour = shade(nr * 2 ** order / free);

				g.fillStyle = `rgb(${colour})`;
				g.fillRect(x, this.y(order), wide - (wide > 6 ? 1 : 0), high - 1);
				g.fillStyle = inkOn(colour);
				g.textAlign = "center";
				if (wide > 7 * String(nr).length + 2 && nr)
					g.fillText(nr, x + wide / 2, this.y(order) + high / 2 + 4);
			});
		});
		g.fillStyle = css("--soft");
		g.textAlign = "right";
		for (let order = 0; order < this.rows; order++)
			g.fillText(order, PAD.left - 6, this.y(order) + high / 2 + 4);
		this.chart.yTitle(g, "order");
		this.chart.done();
	}

	tell(x, y) {
		const i = Math.round(this.chart.position(x)), high = (this.chart.bottom - PAD.top) / this.rows;
		const order = this.rows - 1 - Math.floor((y - PAD.top) / high), blocks = this.blocks[i];

		if (!blocks || order < 0 || order >= this.rows)
			return "";
		const frames = blocks[order] * 2 ** order, part = frames / (this.free(blocks) || 1);

		return `${this.run.moments[i].name}: ${blocks[order]} free blocks of order ${order}\n` +
			`${amount(frames, this.run.frameBytes)}, ${(100 * part).toFixed(1)} % of what is free`;
	}

	show(moment, record, position) {
		const blocks = this.blocks[this.run.moments.indexOf(moment)];

		this.chart.cursorFrame(position);
		this.chart.says.textContent = blocks ?
			`${moment.name}: ${grouped(this.free(blocks))} frames (${amount(this.free(blocks), this.run.frameBytes)})` +
			` free, largest order ${blocks.findLastIndex((nr) => nr)}` : `${moment.name}: no snapshot`;
	}
}

class FragView {
	constructor(run, parent, steps) {
		this.run = run;
		this.order = 0;
		this.zones = [...new Set(run.moments.flatMap((one) => (one.unusable || []).map(([zone]) => zone)))];
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

			this.chart.line(g, points, ink(i), DASH[i % DASH.length], true);
			this.chart.key(g, i, "node " + zone, ink(i), DASH[i % DASH.length], 110);
		});
		this.chart.done();
	}

	// Frame by frame, where events are known
	counted(g) {
		const points = this.run.frames.samples.map(([record, share]) =>
			[this.chart.x(positionOf(this.run, record)), this.y(share)]);

		g.globalAlpha = 0.75;
		this.chart.line(g, points, css("--soft"), [], false);
		g.globalAlpha = 1;
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
		this.chart.says.textContent = moment.unusable ?
			`${moment.name}: ${this.words(moment).replaceAll("\n", "; ")}` : `${moment.name}: no snapshot`;
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
			chart.line(g, series(key), ink(colour), DASH[i], !i);
			chart.key(g, i, key, ink(colour), DASH[i], 62);
		});
		chart.done();
	}

	// Frame by frame, where events are known: with those on per-CPU lists
	counted(g, chart, zone, y) {
		const at = this.run.zones.names.indexOf(zone) + 1;

		if (!at)
			return;
		g.globalAlpha = 0.75;
		chart.line(g, this.run.frames.samples.map(([record, , inZone]) =>
			[chart.x(positionOf(this.run, record)), y(inZone[at])]), css("--soft"), [], false);
		g.globalAlpha = 1;
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

			this.charts[i].cursor(position);
			this.charts[i].says.textContent = `${moment.name}: ` + (one ? this.words(one) : "no snapshot");
		});
	}
}

class SlabView {
	constructor(run, parent) {
		this.run = run;
		this.drawn = -2;
		this.frame = make("div", { class: "scroll", tabindex: "0", "aria-label": `slabs of run ${run.name}` });
		parent.append(this.frame);
		this.board = new Board(this.frame, 60, `slabs of run ${run.name}`);
		this.board.hover = (x, y) => this.tell(x, y);
		this.says = make("p", { class: "says" });
		parent.append(this.says);
	}

	// Places of captions and tiles for this width
	arrange(slabs) {
		const wide = this.board.canvas.clientWidth || 300, cell = 5;
		let x = 0, y = 0, high = 0, cache = null;

		this.tiles = [];
		this.captions = [];
		for (const slab of slabs) {
			const total = slab[6], columns = Math.min(64, Math.max(8, Math.ceil(Math.sqrt(total) * 1.6)));
			const rows = Math.ceil(total / columns), w = columns * cell + 3, h = rows * cell + 3;

			if (slab[0] !== cache) {
				y += high ? high + 8 : 0;
				this.captions.push([y + 12, slab, this.sums(slabs, slab[0])]);
				y += 18;
				x = high = 0;
				cache = slab[0];
			} else if (x + w > wide) {
				y += high + 4;
				x = high = 0;
			}
			this.tiles.push({ x, y, w, h, columns, cell, slab });
			x += w + 6;
			high = Math.max(high, h + 12);
		}
		return y + high + 4;
	}

	sums(slabs, cache) {
		const own = slabs.filter((slab) => slab[0] === cache);
		const used = own.reduce((sum, slab) => sum + slab[5], 0), all = own.reduce((sum, slab) => sum + slab[6], 0);

		return `${own.length} slabs, ${used} of ${all} objects in use (${(100 * used / (all || 1)).toFixed(0)} %)`;
	}

	draw() {
		this.drawn = -2;
	}

	paint(slabs) {
		this.board.setHeight(Math.max(30, this.arrange(slabs)));
		const g = this.board.begin();

		for (const [y, slab, words] of this.captions) {
			g.fillStyle = css("--fg");
			g.font = "600 12px system-ui, 'DejaVu Sans', sans-serif";
			g.fillText(slab[0], 0, y);
			const w = g.measureText(slab[0]).width;

			g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
			g.fillStyle = css("--soft");
			g.fillText(`${slab[7]} bytes each; ${words}`, w + 8, y);
		}
		for (const tile of this.tiles)
			this.tile(g, tile);
	}

	tile(g, { x, y, w, h, columns, cell, slab }) {
		const filled = darkQuery.matches ? CLASSES[CLASS.S].dark : CLASSES[CLASS.S].light;

		g.strokeStyle = css("--line");
		g.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
		for (let i = 0; i < slab[6]; i++) {
			const state = slab[8][i];

			if (state === undefined)
				break;
			g.fillStyle = state === "#" ? filled : state === "." ? css("--card") : css("--now");
			g.fillRect(x + 2 + i % columns * cell, y + 2 + Math.floor(i / columns) * cell, cell - 1, cell - 1);
		}
		g.fillStyle = css("--soft");
		g.font = "10px ui-monospace, monospace";
		g.fillText(this.stateLetter(slab), x + 1, y + h + 9);
	}

	stateLetter(slab) {
		if (/cpu|array/.test(slab[4]))
			return "c" + (slab[4].match(/\d+/) || [""])[0];
		return slab[5] === slab[6] ? "f" : slab[5] ? "p" : "e";
	}

	tell(x, y) {
		const tile = (this.tiles || []).find((one) => x >= one.x && x < one.x + one.w && y >= one.y && y < one.y + one.h);

		if (!tile)
			return "";
		const { slab, columns, cell } = tile;
		const i = Math.floor((y - tile.y - 2) / cell) * columns + Math.floor((x - tile.x - 2) / cell);
		const object = i >= 0 && i < slab[6] ? `\nobject ${i}: ${slab[8][i] === "#" ? "in use" : "free"}` : "";

		return `${slab[0]}: slab at frame ${slab[1]}, order ${slab[2]}, node ${slab[3]}, ${slab[4]}\n` +
			`${slab[5]} of ${slab[6]} objects of ${slab[7]} bytes in use${object}`;
	}

	show(moment) {
		const found = moment.slabs >= 0 ? this.run.slabs[moment.slabs] : null;

		if (this.drawn !== moment.slabs) {
			this.drawn = moment.slabs;
			this.paint(found ? found[0] : []);
		}
		this.says.textContent = `${moment.name}: ` + (found ? `${found[0].length} slabs` +
			(found[1] ? `, ${found[1]} more are not in this page` : "") : "no snapshot");
	}
}

class TreeView {
	constructor(run, parent) {
		this.run = run;
		this.drawn = -2;
		this.open = null;
		this.box = make("div", { class: "tree scroll", tabindex: "0", "aria-label": `tables of run ${run.name}` });
		this.says = make("p", { class: "says" });
		parent.append(this.box, this.says);
	}

	draw() {
	}

	// Children come into being when they are asked for
	list(nodes, path) {
		const list = make("ul");

		nodes.forEach(([words, kind, children], i) => {
			const item = make("li"), at = path + i, mark = "tbpi".includes(kind) ? [make("b", { class: kind, text: kind })] : [];

			if (children.length)
				item.append(this.branch(words, mark, children, at));
			else
				item.append(make("span", {}, ...mark, words));
			list.append(item);
		});
		return list;
	}

	// At first the tables that the kernel runs on are open, down to level 1
	opened(trees) {
		const last = trees.length - 1;

		return new Set([`${last}`, `${last}/0`, ...trees.slice(last).flatMap(([, , [root]]) =>
			(root ? root[2].slice(0, 2).flatMap((one, i) => [`${last}/0/${i}`, `${last}/0/${i}/0`]) : []))]);
	}

	branch(words, mark, children, at) {
		const node = make("details", {}, make("summary", {}, ...mark, words));
		const fill = () => {
			if (node.open && node.childElementCount === 1)
				node.append(this.list(children, at + "/"));
			if (node.open)
				this.open.add(at);
			else
				this.open.delete(at);
		};

		if (this.open.has(at)) {
			node.open = true;
			fill();
		}
		node.addEventListener("toggle", fill);
		return node;
	}

	show(moment) {
		const trees = moment.tables >= 0 ? this.run.tables[moment.tables] : null;

		if (this.drawn !== moment.tables) {
			const { scrollTop, scrollLeft } = this.box;

			this.drawn = moment.tables;
			this.open = this.open || (trees && this.opened(trees));
			this.box.replaceChildren(this.list(trees || [], ""));
			this.box.scrollTo(scrollLeft, scrollTop);
		}
		this.says.textContent = `${moment.name}: ` + (trees ? `${trees.length} trees` : "no snapshot");
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
