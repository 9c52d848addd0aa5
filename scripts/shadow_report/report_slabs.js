// SPDX-License-Identifier: GPL-2.0-only
// Slabs, object by object.
"use strict";

const CELL = 5;
const TILES_DRAWN = 600;
const FRAME_HEIGHT = 460;	// of .scroll, at most

class SlabView {
	constructor(run, parent) {
		this.run = run;
		this.state = run.slabs;
		this.arranged = -1;
		this.marked = new Set();
		this.frame = make("div", { class: "scroll", tabindex: "0", "aria-label": `slabs of run ${run.name}` });
		parent.append(this.frame);
		this.board = new Board(this.frame, 60, `slabs of run ${run.name}`);
		this.board.hover = (x, y) => this.tell(x, y);
		this.says = make("p", { class: "says" });
		parent.append(this.says);
		this.top = 0;
		this.frame.addEventListener("scroll", () => {
			this.top = this.frame.scrollTop;
			this.paint();
		});
		this.words = run.records ? driftWords(run, this.state.drift, "objects or slabs") : "";
	}

	// Slabs by cache, then by address; not more than anybody would look at: of each
	// cache an equal share
	chosen() {
		const all = [...this.state.live].sort((a, b) => a.cache - b.cache || a.pfn - b.pfn);

		if (all.length <= TILES_DRAWN)
			return all;
		const share = Math.max(1, Math.floor(TILES_DRAWN / new Set(all.map((slab) => slab.cache)).size)), seen = new Map();

		return all.filter((slab) => {
			seen.set(slab.cache, (seen.get(slab.cache) || 0) + 1);
			return seen.get(slab.cache) <= share;
		});
	}

	// Places of captions and tiles for this width
	arrange() {
		const wide = widthOf(this.board.canvas);
		let x = 0, y = 0, high = 0, cache = -1;

		this.tiles = [];
		this.captions = [];
		for (const slab of this.chosen()) {
			const columns = Math.min(64, Math.max(8, Math.ceil(Math.sqrt(slab.total) * 1.6)));
			const w = columns * CELL + 3, h = Math.ceil(slab.total / columns) * CELL + 3;

			if (slab.cache !== cache) {
				y += high ? high + 8 : 0;
				this.captions.push({ y: y + 12, cache: slab.cache, bytes: slab.bytes, drawn: "" });
				y += 18;
				x = high = 0;
				cache = slab.cache;
			} else if (x + w > wide) {
				y += high + 4;
				x = high = 0;
			}
			this.tiles.push({ x, y, w, h, columns, slab, version: -1 });
			x += w + 6;
			high = Math.max(high, h + 12);
		}
		this.board.setHeight(Math.max(30, y + high + 4));
		this.board.begin();
		this.arranged = this.state.arranged;
	}

	// By cache: slabs, objects in use, objects
	count() {
		this.sums = new Map();
		for (const slab of this.state.live) {
			const one = this.sums.get(slab.cache) || [0, 0, 0];

			one[0]++;
			one[1] += slab.used;
			one[2] += slab.total;
			this.sums.set(slab.cache, one);
		}
	}

	captionWords(cache) {
		const [nr, used, all] = this.sums.get(cache);

		return `${nr} slab${nr === 1 ? "" : "s"}, ${used} of ${all} objects in use (${(100 * used / (all || 1)).toFixed(0)} %)`;
	}

	draw() {
		this.arranged = -1;
	}

	// What has changed of what is in sight
	paint() {
		if (!this.tiles)
			return;
		const top = this.top - 40, end = this.top + FRAME_HEIGHT + 40, g = this.board.g;

		for (const caption of this.captions)
			if (caption.y >= top && caption.y <= end)
				this.caption(g, caption);
		this.filled = darkQuery.matches ? CLASSES[CLASS.S].dark : CLASSES[CLASS.S].light;
		this.colours = { line: css("--line"), card: css("--card"), soft: css("--soft"), now: css("--now"), bg: css("--bg") };
		for (const tile of this.tiles) {
			const version = tile.slab.version * 4 + 2 * this.marked.has(tile.slab.id) + this.exact;

			if (tile.version === version || tile.y + tile.h < top || tile.y > end)
				continue;
			tile.version = version;
			this.tile(g, tile);
		}
	}

	caption(g, caption) {
		const words = `${caption.bytes} bytes each; ${this.captionWords(caption.cache)}`;

		if (caption.drawn === words)
			return;
		caption.drawn = words;
		g.clearRect(0, caption.y - 12, this.board.width, 17);
		g.fillStyle = css("--fg");
		g.font = "600 12px system-ui, 'DejaVu Sans', sans-serif";
		g.fillText(this.state.caches[caption.cache], 0, caption.y);
		const w = g.measureText(this.state.caches[caption.cache]).width;

		g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
		g.fillStyle = css("--soft");
		g.fillText(words, w + 8, caption.y);
	}

	// Cells in a row that are alike are drawn at once; lines of the ground part them
	tile(g, { x, y, w, h, columns, slab }) {
		const { colours } = this, marked = this.marked.has(slab.id);

		g.clearRect(x - 2, y - 2, w + 4, h + 14);
		g.fillStyle = colours.card;
		g.fillRect(x + 1, y + 1, w - 2, h - 2);
		g.fillStyle = this.filled;
		for (let i = 0; i < slab.total; i++) {
			const first = i;

			if (!slab.cells[i])
				continue;
			while (i + 1 < slab.total && (i + 1) % columns && slab.cells[i + 1])
				i++;
			g.fillRect(x + 2 + first % columns * CELL, y + 2 + Math.floor(first / columns) * CELL,
				(i - first + 1) * CELL - 1, CELL - 1);
		}
		g.fillStyle = colours.bg;
		for (let column = 1; column < columns; column++)
			g.fillRect(x + 1 + column * CELL, y + 1, 1, h - 2);
		g.strokeStyle = marked ? colours.now : colours.line;
		g.lineWidth = marked ? 2 : 1;
		g.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
		g.lineWidth = 1;
		g.fillStyle = marked ? colours.now : colours.soft;
		g.font = "10px ui-monospace, monospace";
		g.fillText(this.letter(slab), x + 1, y + h + 9);
	}

	place(slab) {
		return this.at.get(slab.id) || (slab.used === slab.total ? "full" : slab.used ? "partial" : "empty");
	}

	letter(slab) {
		const cpu = this.at.get(slab.id);

		return cpu ? "c" + (cpu.match(/\d+/) || [""])[0] : this.place(slab)[0];
	}

	tell(x, y) {
		const tile = (this.tiles || []).find((one) => x >= one.x && x < one.x + one.w && y >= one.y && y < one.y + one.h);

		if (!tile)
			return "";
		const { slab, columns } = tile;
		const i = Math.floor((y - tile.y - 2) / CELL) * columns + Math.floor((x - tile.x - 2) / CELL);
		const pa = slab.pfn * this.run.frameBytes + i * slab.bytes;
		const object = i >= 0 && i < slab.total ? `\nobject ${i}, about PA 0x${pa.toString(16)}: ${slab.cells[i] ? "in use" : "free"}` : "";

		return `${this.state.caches[slab.cache]}: slab at frame ${slab.pfn}, order ${slab.order}, node ${slab.node}, ${this.place(slab)}\n` +
			`${slab.used} of ${slab.total} objects of ${slab.bytes} bytes in use${object}`;
	}

	// Which slab is a CPU's own, snapshots alone know
	findPlaces(moment, want) {
		const have = this.run.moments.filter((one) => one.has && one.has.slabs);
		const nr = have.indexOf(moment), exact = nr >= 0 && (!this.run.records || moment.at === want);

		this.at = new Map(exact ? this.state.places[nr] : []);
		this.exact = exact ? nr + 1 : 0;
	}

	show(moment, record) {
		const want = wantOf(this.run, moment, record), known = this.state.seek(want) &&
			(this.run.records || moment.has && moment.has.slabs);

		this.findPlaces(moment, want);
		this.marked = new Set(this.run.records ? [...this.state.newest(want)].map((i) => this.state.column[0][i]) : []);
		this.count();
		if (this.arranged !== this.state.arranged || !this.tiles)
			this.arrange();
		this.frame.classList.toggle("unknown", !known);
		this.paint();
		const hidden = this.state.live.size - this.tiles.length;

		this.says.textContent = !known ? `${moment.name}: no snapshot` : `${grouped(this.state.live.size)} slabs` +
			(hidden ? `, ${grouped(hidden)} of them are not drawn` : "") + this.words;
	}
}
