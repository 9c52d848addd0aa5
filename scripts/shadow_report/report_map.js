// SPDX-License-Identifier: GPL-2.0-only
// Physical memory: to scale, zoomed, and as letters.
"use strict";

const MAP_HEIGHT = 330;
const MAP_LEFT = 92;
const LETTERS_A_ROW = 64;
const MIN_WINDOW = 256;

// As a canvas has them in memory: red first
const pixel = (hex) => rgb(hex).reduceRight((sum, one) => sum * 256 + one, 255);
const PIXELS = CLASSES.map(({ light }) => pixel(light));
const PIXELS_DARK = CLASSES.map(({ dark }) => pixel(dark));

// A row of cells: from the pixel row .from on downwards in the colour .front
class Cells {
	constructor(columns) {
		this.behind = new Uint32Array(columns);
		this.front = new Uint32Array(columns);
		this.from = new Uint32Array(columns);
		this.high = 0;
	}

	write(pixels, width, edges, gap, top, count) {
		for (let y = 0; y < this.high; y++) {
			const line = (top + y) * width;

			for (let column = 0; column < count; column++) {
				const colour = y < this.from[column] ? this.behind[column] : this.front[column];
				const end = line + edges[column + 1] - gap;

				for (let at = line + edges[column]; at < end; at++)
					pixels[at] = colour;
			}
		}
	}
}

class MapView {
	constructor(run, parent) {
		this.run = run;
		this.others = [];	// maps that zoom and move with this one
		this.first = 0;
		this.count = this.whole = 2 ** Math.ceil(Math.log2(Math.max(run.nr, MIN_WINDOW)));
		this.tally = new Uint32Array(CLASSES.length);
		const button = (text, title, act) =>
			make("button", { text, title, "aria-label": title, onclick: act });

		this.shown = make("span");
		parent.append(make("div", { class: "tools" },
			button("+", "zoom in", () => this.zoom(0.5)), button("−", "zoom out", () => this.zoom(2)),
			button("0", "show all", () => this.zoom(Infinity)),
			button("↑", "move up", () => this.move(-0.25)), button("↓", "move down", () => this.move(0.25)),
			this.shown));
		this.board = new Board(parent, MAP_HEIGHT, `physical memory of run ${run.name}`);
		this.board.hover = (x, y) => this.tell(x, y);
		this.says = make("p", { class: "says" });
		this.letters = make("pre", { class: "letters", "aria-label": "one letter a pageblock" });
		parent.append(this.says, this.letters);
		this.listen(this.board.canvas);
	}

	listen(canvas) {
		let drag = null;

		canvas.tabIndex = 0;
		canvas.addEventListener("keydown", (event) => {
			const act = { "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
				"0": () => this.zoom(Infinity), ArrowUp: () => this.move(-0.1), ArrowDown: () => this.move(0.1),
				ArrowLeft: () => this.move(-0.5), ArrowRight: () => this.move(0.5) }[event.key];

			if (!act || event.ctrlKey || event.metaKey || event.altKey)
				return;
			act();
			event.preventDefault();
			event.stopPropagation();
		});
		canvas.addEventListener("wheel", (event) => {
			// Else the page could not be scrolled past it
			if (event.ctrlKey || document.activeElement !== canvas)
				return;
			const box = canvas.getBoundingClientRect();

			this.zoom(event.deltaY < 0 ? 0.5 : 2, this.indexAt(event.clientX - box.left, event.clientY - box.top));
			event.preventDefault();
		}, { passive: false });
		canvas.addEventListener("pointerdown", (event) => {
			drag = { y: event.clientY, first: this.first };
		});
		addEventListener("pointermove", (event) => {
			if (!drag || !this.shape)
				return;
			const rows = Math.round((drag.y - event.clientY) / this.shape.high);

			this.place(drag.first + rows * this.shape.columns * this.shape.each);
		});
		addEventListener("pointerup", () => {
			drag = null;
		});
	}

	zoom(factor, around) {
		const old = this.count, middle = around === undefined || around < 0 ? this.first + old / 2 : around;

		this.count = Math.max(MIN_WINDOW, Math.min(this.whole, old * factor));
		this.place(middle - (middle - this.first) * this.count / old);
	}

	move(share) {
		this.place(this.first + share * this.count);
	}

	place(first) {
		const step = Math.max(1, this.count / 16);

		this.first = Math.max(0, Math.min(this.whole - this.count, Math.round(first / step) * step));
		for (const one of [this, ...this.others.filter((other) => other.whole === this.whole)]) {
			one.first = this.first;
			one.count = this.count;
			if (one.cells)
				one.draw();
		}
	}

	// Cells a row, frames a cell, size of a cell: the largest cells that fit
	choose() {
		const wide = this.board.width - MAP_LEFT;
		let columns = 32, each = 1;

		for (;;) {
			const rows = Math.ceil(this.count / (columns * each)), high = MAP_HEIGHT / rows;

			if (high >= 4 || (columns * 2 > wide / 4 && each >= this.count))
				return { columns, each, rows, wide: wide / columns,
					high: Math.min(high, Math.max(8, 1.7 * wide / columns)) };
			if (columns * 2 <= wide / 4)
				columns *= 2;
			else
				each *= 2;
		}
	}

	indexAt(x, y) {
		const { columns, each, wide, high, rows } = this.shape;
		const column = Math.floor((x - MAP_LEFT) / wide), row = Math.floor(y / high);

		if (column < 0 || column >= columns || row < 0 || row >= rows)
			return -1;
		return this.first + (row * columns + column) * each;
	}

	// Frames of a cell by class; how many there are
	countCell(at, each) {
		const end = Math.min(at + each, this.run.nr);

		this.tally.fill(0);
		for (let i = at; i < end; i++)
			this.tally[this.cells[i]]++;
		return Math.max(0, end - at);
	}

	// The class of the frames in use that has most, and how many are in use
	most() {
		let best = -1, used = 0;

		for (let i = 0; i < this.tally.length; i++) {
			if (!this.tally[i] || isFree[i] || !isMemory[i])
				continue;
			used += this.tally[i];
			if (best < 0 || this.tally[i] > this.tally[best])
				best = i;
		}
		return [best, used];
	}

	draw() {
		const g = this.board.begin();

		this.shape = this.choose();
		this.paint(g);
		this.lines(g);
		this.addresses(g);
		this.shown.textContent = this.count >= this.whole ?
			`all of it; a cell is ${amount(this.shape.each, this.run.frameBytes)}` :
			`${(this.whole / this.count)}× zoom; a cell is ${amount(this.shape.each, this.run.frameBytes)}`;
	}

	// Cells go to the canvas pixel by pixel: thousands of rectangles take too long
	paint(g) {
		const { columns, rows, wide, high } = this.shape, { scale } = this.board;
		const gap = wide >= 5 ? Math.max(1, Math.floor(scale)) : 0, cells = new Cells(columns);
		const edges = Array.from({ length: columns + 1 }, (_, i) => Math.round(i * wide * scale));
		const image = this.blank(edges[columns], Math.round(rows * high * scale));

		for (let row = 0; row < rows; row++) {
			const top = Math.round(row * high * scale);
			const count = this.fillRow(cells, row, Math.round((row + 1) * high * scale) - gap - top);

			cells.write(this.pixels, image.width, edges, gap, top, count);
			if (count < columns)
				break;
		}
		g.putImageData(image, Math.round(MAP_LEFT * scale), 0);
		this.letterEach(g);
	}

	blank(width, height) {
		if (!this.image || this.image.width !== width || this.image.height !== height) {
			this.image = new ImageData(width, height);
			this.pixels = new Uint32Array(this.image.data.buffer);
		}
		this.pixels.fill(0);
		return this.image;
	}

	// The class that is behind those in use
	rest() {
		return this.tally[CLASS.C] ? CLASS.C : this.tally[CLASS.F] ? CLASS.F : CLASS["-"];
	}

	// A row of cells, so many pixels high; how many have frames
	fillRow(cells, row, high) {
		const { columns, each } = this.shape, colours = darkQuery.matches ? PIXELS_DARK : PIXELS;

		cells.high = high;
		for (let column = 0; column < columns; column++) {
			const nr = this.countCell(this.first + (row * columns + column) * each, each);

			if (!nr)
				return column;
			const [best, used] = this.most();

			cells.behind[column] = colours[this.rest()];
			cells.front[column] = used ? colours[best] : 0;
			cells.from[column] = used ? high - Math.max(1, Math.round(high * used / nr)) : high;
		}
		return columns;
	}

	// A letter in each cell that is one frame and has room for it
	letterEach(g) {
		const { columns, each, rows, wide, high } = this.shape;

		if (each !== 1 || wide < 8 || high < 10)
			return;
		const inks = CLASSES.map(({ letter, light, dark }) =>
			(letter === "F" ? css("--soft") : inkOn(rgb(darkQuery.matches ? dark : light))));
		const end = Math.min(this.first + columns * rows, this.run.nr);

		g.textAlign = "center";
		g.font = `${Math.min(11, wide)}px ui-monospace, "DejaVu Sans Mono", monospace`;
		for (let i = this.first; i < end; i++) {
			const at = i - this.first, cls = this.cells[i];

			g.fillStyle = inks[cls];
			g.fillText(CLASSES[cls].letter, MAP_LEFT + (at % columns + 0.45) * wide,
				(Math.floor(at / columns) + 0.5) * high + 3.5);
		}
	}

	// Between pageblocks
	lines(g) {
		const { columns, each, rows, wide, high } = this.shape, row = columns * each, block = this.run.blockFrames;

		g.strokeStyle = css("--fg");
		g.globalAlpha = 0.28;
		g.beginPath();
		if (block <= row / 2 && block >= each)
			for (let x = block; x < row; x += block) {
				g.moveTo(MAP_LEFT + x / each * wide - 0.5, 0);
				g.lineTo(MAP_LEFT + x / each * wide - 0.5, rows * high);
			}
		for (let y = 1; y < rows; y++)
			if ((this.first + y * row) % block === 0 && Math.max(block, row) / row * high >= 6) {
				g.moveTo(MAP_LEFT, y * high - 0.5);
				g.lineTo(MAP_LEFT + columns * wide, y * high - 0.5);
			}
		g.stroke();
		g.globalAlpha = 1;
	}

	addresses(g) {
		const { columns, each, rows, high } = this.shape, every = Math.max(1, Math.ceil(16 / high));

		g.font = "10px ui-monospace, 'DejaVu Sans Mono', monospace";
		g.textAlign = "right";
		g.fillStyle = css("--soft");
		for (let row = 0; row < rows; row += every) {
			const pfn = pfnOf(this.run, this.first + row * columns * each);

			if (pfn >= 0)
				g.fillText("0x" + (pfn * this.run.frameBytes).toString(16), MAP_LEFT - 6, row * high + 10);
		}
		g.textAlign = "left";
	}

	tell(x, y) {
		const at = this.shape ? this.indexAt(x, y) : -1, each = this.shape.each;

		if (at < 0 || at >= this.run.nr)
			return "";
		this.countCell(at, each);
		const zone = this.run.zones.names[this.run.frames.zoneOf[at] - 1];
		const pfn = pfnOf(this.run, at), what = CLASSES.map((one, i) => [this.tally[i], one]).filter(([n]) => n)
			.sort(([a], [b]) => b - a).map(([n, one]) => each === 1 ? `${one.letter} ${one.name}` :
				`${n} × ${one.letter} ${one.name}`);

		return `0x${(pfn * this.run.frameBytes).toString(16)}, frame ${pfn}` + (each > 1 ? ` and ${each - 1} more` : "") +
			`\n${zone ? `node ${zone}, ` : ""}pageblock at frame ${pfn - pfn % this.run.blockFrames}\n${what.join("\n")}`;
	}

	// As the file map would say it
	write() {
		const each = this.run.blockFrames * Math.ceil(this.run.nr / this.run.blockFrames / (12 * LETTERS_A_ROW));
		const rows = [];
		let text = "";

		for (let at = 0; at < this.run.nr; at += each) {
			this.countCell(at, each);
			let best = -1, kinds = 0;

			for (let i = 0; i < this.tally.length; i++) {
				kinds += Boolean(this.tally[i]);
				if (this.tally[i] && isMemory[i] && (best < 0 || this.tally[i] > this.tally[best]))
					best = i;
			}
			const letter = best < 0 ? "-" : CLASSES[best].letter;

			text += kinds > 1 ? letter.toLowerCase() : letter;
			if (text.length === LETTERS_A_ROW) {
				rows.push(text);
				text = "";
			}
		}
		rows.push(text);
		this.letters.textContent = rows.join("\n").trimEnd();
	}

	sums() {
		const found = new Uint32Array(CLASSES.length);

		for (let i = 0; i < this.run.nr; i++)
			found[this.cells[i]]++;
		return found;
	}

	show(moment, record) {
		const run = this.run;

		this.cells = run.frames.exact ? run.frames.seek(record) : run.frames.show(moment);
		this.draw();
		this.write();
		const sums = this.sums(), words = [];

		CLASSES.forEach((one, i) => {
			if (sums[i] && isMemory[i])
				words.push(`${one.letter} ${grouped(sums[i])}`);
		});
		this.says.textContent = "frames: " + words.join("  ") + (run.frames.exact ?
			driftWords(run, run.frames.drift, "frames") : run.events ? "; as the snapshot says" : "");
	}
}
