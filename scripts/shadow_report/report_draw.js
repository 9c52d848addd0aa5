// SPDX-License-Identifier: GPL-2.0-only
// Canvases: sharp at any density, with axes, hover and a common x axis.
"use strict";

const PAD = { left: 52, right: 60, top: 20, bottom: 40 };
const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const INK = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const INK_DARK = ["#56b4e9", "#ff8b47", "#2fc79c", "#e29cc4", "#f0b429", "#8fd0f5"];
const DASH = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [1, 2]];

// Asking for a colour or a width makes the browser lay out the page: once until the
// window or the ground changes
const known = { css: new Map(), widths: new Map() };

function forgetKnown() {
	known.css.clear();
	known.widths.clear();
}

function css(name) {
	if (!known.css.has(name))
		known.css.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
	return known.css.get(name);
}

function widthOf(node) {
	if (!known.widths.has(node))
		known.widths.set(node, node.clientWidth || 300);
	return known.widths.get(node);
}

function make(tag, attributes, ...children) {
	const node = document.createElement(tag);

	for (const [key, value] of Object.entries(attributes || {}))
		if (key === "text")
			node.textContent = value;
		else if (key.startsWith("on"))
			node.addEventListener(key.slice(2), value);
		else
			node.setAttribute(key, value);
	node.append(...children);
	return node;
}

function ink(i) {
	return (darkQuery.matches ? INK_DARK : INK)[i % INK.length];
}

// One line of the tip at the pointer; nothing hides it
function tip(text, event) {
	const box = document.getElementById("tip");

	box.hidden = !text;
	if (!text)
		return;
	box.textContent = text;
	const x = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
	const y = event.clientY + 18 + box.offsetHeight > innerHeight ?
		event.clientY - box.offsetHeight - 10 : event.clientY + 18;

	box.style.left = Math.max(4, x) + "px";
	box.style.top = y + "px";
}

// A canvas with drawing in CSS pixels; hover(x, y) says what is there.
class Board {
	constructor(parent, height, label) {
		this.canvas = make("canvas", { role: "img", "aria-label": label });
		this.canvas.style.height = height + "px";
		this.height = height;
		this.g = this.canvas.getContext("2d");
		this.hover = null;
		parent.append(this.canvas);
		this.canvas.addEventListener("mousemove", (event) => {
			const box = this.canvas.getBoundingClientRect();

			tip(this.hover ? this.hover(event.clientX - box.left, event.clientY - box.top) : "", event);
		});
		this.canvas.addEventListener("mouseleave", (event) => tip("", event));
	}

	setHeight(height) {
		this.height = height;
		this.canvas.style.height = height + "px";
	}

	// Ready for a new picture; the size in CSS pixels
	begin() {
		const scale = devicePixelRatio || 1, width = widthOf(this.canvas);
		const w = Math.round(width * scale), h = Math.round(this.height * scale);

		if (this.canvas.width !== w || this.canvas.height !== h) {
			this.canvas.width = w;
			this.canvas.height = h;
		}
		this.width = width;
		this.scale = scale;
		this.g.setTransform(scale, 0, 0, scale, 0, 0);
		this.g.clearRect(0, 0, width, this.height);
		this.g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
		this.g.lineWidth = 1;
		return this.g;
	}

	// A picture that stays while a line moves over it
	remember() {
		if (!this.behind)
			this.behind = document.createElement("canvas");
		this.behind.width = this.canvas.width;
		this.behind.height = this.canvas.height;
		this.behind.getContext("2d").drawImage(this.canvas, 0, 0);
	}

	recall() {
		this.g.setTransform(1, 0, 0, 1, 0, 0);
		this.g.clearRect(0, 0, this.canvas.width, this.canvas.height);
		this.g.drawImage(this.behind, 0, 0);
		this.g.setTransform(this.scale, 0, 0, this.scale, 0, 0);
	}
}

// A chart over all moments: its x axis is every chart's, so positions line up.
class Chart {
	constructor(parent, height, label, run, steps) {
		this.board = new Board(parent, height, label);
		this.run = run;
		this.steps = steps;
		this.says = make("p", { class: "says" });
		parent.append(this.says);
	}

	// Where a position (0: first moment) is
	x(position) {
		const wide = this.board.width - PAD.left - PAD.right;

		return PAD.left + (position + 0.5) / (this.steps + 1) * wide;
	}

	position(x) {
		const wide = this.board.width - PAD.left - PAD.right;

		return (x - PAD.left) / wide * (this.steps + 1) - 0.5;
	}

	get bottom() {
		return this.board.height - PAD.bottom;
	}

	begin() {
		const g = this.board.begin();

		g.strokeStyle = css("--line");
		g.beginPath();
		g.moveTo(PAD.left - 0.5, PAD.top);
		g.lineTo(PAD.left - 0.5, this.bottom + 0.5);
		g.lineTo(this.board.width - PAD.right, this.bottom + 0.5);
		g.stroke();
		this.xAxis(g);
		return g;
	}

	xAxis(g) {
		const wide = (this.x(1) - this.x(0)) || 60, every = Math.max(1, Math.ceil(34 / wide));
		const timed = this.run.moments.some((one) => one.t !== null);

		g.fillStyle = css("--soft");
		g.textAlign = "center";
		this.run.moments.forEach((one, i) => {
			if (i % every)
				return;
			g.fillText(one.short || String(one.number), this.x(i), this.bottom + 13);
			if (one.t !== null)
				g.fillText(one.t.toFixed(1), this.x(i), this.bottom + 25);
		});
		g.textAlign = "right";
		g.fillText("moment" + (timed ? ", and its time in s since the guest's start" : ""),
			this.board.width - PAD.right, this.bottom + 37);
		g.textAlign = "left";
	}

	yTick(g, y, words) {
		g.strokeStyle = css("--line");
		g.globalAlpha = 0.6;
		g.beginPath();
		g.moveTo(PAD.left, Math.round(y) + 0.5);
		g.lineTo(this.board.width - PAD.right, Math.round(y) + 0.5);
		g.stroke();
		g.globalAlpha = 1;
		g.fillStyle = css("--soft");
		g.textAlign = "right";
		g.fillText(words, PAD.left - 6, y + 4);
		g.textAlign = "left";
	}

	yTitle(g, words) {
		g.save();
		g.translate(11, PAD.top + (this.bottom - PAD.top) / 2);
		g.rotate(-Math.PI / 2);
		g.textAlign = "center";
		g.fillStyle = css("--soft");
		g.fillText(words, 0, 0);
		g.restore();
	}

	// points: [x, y] in pixels, null where nothing is known; apart: no line joins them
	line(g, points, colour, dash, marks, apart) {
		let pen = false;

		g.strokeStyle = colour;
		g.fillStyle = colour;
		g.setLineDash(dash);
		g.lineWidth = 1.6;
		g.beginPath();
		for (const point of points) {
			if (point && pen && !apart)
				g.lineTo(...point);
			else if (point)
				g.moveTo(...point);
			pen = Boolean(point);
		}
		g.stroke();
		g.setLineDash([]);
		g.lineWidth = 1;
		for (const point of marks ? points : [])
			if (point) {
				g.beginPath();
				g.arc(point[0], point[1], 2.6, 0, 7);
				g.fill();
			}
	}

	// What a line is, above the picture
	key(g, i, words, colour, dash, wide) {
		const x = PAD.left + 8 + i * wide, y = PAD.top - 8;

		g.strokeStyle = colour;
		g.lineWidth = 2;
		g.setLineDash(dash);
		g.beginPath();
		g.moveTo(x, y);
		g.lineTo(x + 22, y);
		g.stroke();
		g.setLineDash([]);
		g.lineWidth = 1;
		g.fillStyle = css("--fg");
		g.textAlign = "left";
		g.fillText(words, x + 26, y + 4);
	}

	done() {
		this.board.remember();
	}

	// The line that the scrubber moves
	cursor(position) {
		if (!this.board.behind)
			return;
		this.board.recall();
		const g = this.board.g, x = Math.round(this.x(position)) + 0.5;

		g.strokeStyle = css("--now");
		g.lineWidth = 1.5;
		g.beginPath();
		g.moveTo(x, PAD.top - 2);
		g.lineTo(x, this.bottom + 3);
		g.stroke();
		g.lineWidth = 1;
	}

	// The same for columns of numbers: a frame, that a line would cross out
	cursorFrame(position) {
		if (position % 1 || !this.board.behind) {
			this.cursor(position);
			return;
		}
		this.board.recall();
		const g = this.board.g, wide = this.x(1) - this.x(0);

		g.strokeStyle = css("--now");
		g.lineWidth = 2;
		g.strokeRect(this.x(position) - wide / 2, PAD.top - 1, wide - 1, this.bottom - PAD.top + 1);
		g.lineWidth = 1;
	}
}

// Light to dark on light ground, the other way round on dark: one blue.
function shade(share) {
	const light = [[240, 245, 250], [8, 69, 118]], dark = [[27, 33, 41], [120, 200, 250]];
	const [from, to] = darkQuery.matches ? dark : light, part = Math.sqrt(Math.min(1, Math.max(0, share)));

	return from.map((one, i) => Math.round(one + (to[i] - one) * part));
}

function inkOn([r, g, b]) {
	return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111" : "#fff";
}

function rgb(hex) {
	return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function amount(frames, bytes) {
	const kib = frames * bytes / 1024;

	return kib >= 10240 ? `${(kib / 1024).toFixed(kib >= 102400 ? 0 : 1)} MiB` : `${kib} KiB`;
}

function grouped(number) {
	return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}
