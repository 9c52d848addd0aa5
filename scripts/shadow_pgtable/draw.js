// SPDX-License-Identifier: GPL-2.0-only
/*
 * The drawing of translation tables: levels as columns, tables as boxes, runs
 * of equal entries as one line, tables of one shape as one stack of boxes. What
 * cannot be seen is not in the page, so trees of any size stay fluid. DATA
 * stands above: {machine, words, trees: [{name, facts, tables}]}; a table is
 * [level, pa, va, used, limits, shape, rows], a row [first, last, kind, desc,
 * step, oa, words, child], kind the first letter of what it is and x for
 * unreadable. Addresses are hexadecimal texts.
 */
"use strict";

const LEVEL = 0, PA = 1, VA = 2, USED = 3, LIMITS = 4, SHAPE = 5, ROWS = 6;
const FIRST = 0, LAST = 1, KIND = 2, DESC = 3, STEP = 4, OA = 5, WORDS = 6, CHILD = 7;
const KINDS = {
	t: "table", b: "block", p: "page", i: "invalid", r: "reserved", x: "unreadable",
};

/* --------------------------------------------------- what the tables say -- */

function hex(number, digits) {
	return "0x" + number.toString(16).padStart(digits || 1, "0");
}

function sizeText(bytes) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
	let unit = 0;

	while (bytes >= 1024n && bytes % 1024n === 0n && unit < 6) {
		bytes /= 1024n;
		unit++;
	}
	return bytes + " " + units[unit];
}

/* log2 of what one entry of a level covers */
function levelShift(facts, level) {
	const page = Math.log2(facts.granule);

	return page + (3 - level) * (page - 3);
}

function entriesOf(facts, level) {
	const bits = Math.log2(facts.granule) - 3;

	if (level !== facts.start_level)
		return 1 << bits;
	return 1 << (facts.va_bits - levelShift(facts, level));
}

function firstOf(facts) {
	return facts.half === "upper" ? (1n << 64n) - (1n << BigInt(facts.va_bits)) : 0n;
}

function isInHalf(facts, va) {
	const first = firstOf(facts);

	return va >= first && va < first + (1n << BigInt(facts.va_bits));
}

function indexOf(facts, level, va) {
	return Number(va >> BigInt(levelShift(facts, level)) &
		      BigInt(entriesOf(facts, level) - 1));
}

/* The row of a table that an index is in, or null: the descriptor is 0 */
function rowAt(table, index) {
	return table[ROWS].find(row => row[FIRST] <= index && index <= row[LAST]) || null;
}

/*
 * The walk to an address: steps of {table, index, row}, and pa or why it ends.
 * table is the table's number.
 */
function walk(tree, va) {
	const steps = [];
	let at = 0;

	for (;;) {
		const table = tree.tables[at];
		const index = indexOf(tree.facts, table[LEVEL], va);
		const row = rowAt(table, index);

		steps.push({ table: at, index, row });
		if (row && row[KIND] === "t" && row[CHILD] >= 0) {
			at = row[CHILD];
			continue;
		}
		if (!row || (row[KIND] !== "b" && row[KIND] !== "p"))
			return { steps, level: table[LEVEL],
				 why: row ? KINDS[row[KIND]] : "the descriptor is 0" };
		const size = 1n << BigInt(levelShift(tree.facts, table[LEVEL]));
		const oa = BigInt("0x" + row[OA]) +
			BigInt("0x" + row[STEP]) * BigInt(index - row[FIRST]);

		return { steps, level: table[LEVEL], pa: oa | (va & (size - 1n)) };
	}
}

/* A VA as a person types it, or null */
function parseVa(text) {
	const word = text.trim().replace(/_/g, "");

	if (!/^(0x)?[0-9a-f]+$/i.test(word))
		return null;
	const va = BigInt(/^0x/i.test(word) ? word :
			  /^[0-9]+$/.test(word) && word.length < 12 ? word : "0x" + word);

	return va < 1n << 64n ? va : null;
}

/* Class and letters of a row: as colour.py has them */
function kindOf(row, words) {
	if (row[KIND] === "t")
		return { name: "table", letters: "" };
	if (row[KIND] !== "b" && row[KIND] !== "p")
		return { name: "bad", letters: KINDS[row[KIND]] };
	const list = words[row[WORDS]].split(" ");
	const ap = list.find(word => word.startsWith("ap=")) || "ap=EL1:rw,EL0:--";
	const memory = (list.find(word => word.startsWith("mem=")) || "").slice(4);
	const user = !ap.endsWith("EL0:--") || !list.includes("UXN");
	const letters = (ap.includes("EL1:rw") ? "rw" : "r") +
		(list.includes(user ? "UXN" : "PXN") ? "" : "x");
	const device = memory.startsWith("Device"), nc = memory.startsWith("Normal-NC");
	const text = (user ? "u:" : "") + letters + (device ? " D" : nc ? " NC" : "") +
		(list.includes("CONT") ? " C" : "");

	if (letters === "rwx")
		return { name: "wx", letters: text };
	if (device || nc)
		return { name: device ? "device" : "nc", letters: text };
	if (user)
		return { name: "user", letters: text };
	return { name: { rw: "rw", r: "ro", rx: "rx" }[letters], letters: text };
}

/* Rows in groups: tables of one shape that follow each other are one group */
function fold(tree, table) {
	const groups = [];

	for (const row of table[ROWS]) {
		const group = groups[groups.length - 1];
		const last = group && group[group.length - 1];

		if (last && row[CHILD] >= 0 && last[CHILD] >= 0 &&
		    last[LAST] + 1 === row[FIRST] &&
		    tree.tables[last[CHILD]][SHAPE] === tree.tables[row[CHILD]][SHAPE])
			group.push(row);
		else
			groups.push([row]);
	}
	return groups;
}

/* ------------------------------------------------------------ the drawing -- */

const WIDTH = 356, GAP_X = 74, GAP_Y = 14, HEAD = 46, ROW = 18, TOP = 6, LEFT = 16;
const FEW = 12;		/* lines that a box shows at first */
const MORE = 200;	/* that a click adds */
const OPEN = 60;	/* boxes that are open at first */

const state = { tree: 0, root: null, walk: null, va: null };

function facts() {
	return DATA.trees[state.tree].facts;
}

function tableOf(id) {
	return DATA.trees[state.tree].tables[id];
}

/*
 * A box: one table, or those of one shape that a group of rows points to, of
 * which one is shown. lines: {rows, child: box or null}, made when it is opened.
 */
function newBox(ids, rows) {
	return { ids, rows, shown: 0, limit: FEW, lines: null };
}

function idOf(box) {
	return box.ids[box.shown];
}

function openBox(box) {
	if (box.lines)
		return;
	box.lines = fold(DATA.trees[state.tree], tableOf(idOf(box))).map(rows => ({
		rows, open: false,
		child: rows[0][CHILD] < 0 ? null : newBox(rows.map(row => row[CHILD]), rows),
	}));
}

/* Another table of the stack is shown: its own addresses, the same lines */
function showMember(box, shown) {
	const old = box.lines;

	if (box.shown === shown)
		return;
	box.shown = shown;
	box.lines = null;
	openBox(box);
	box.lines.forEach((line, i) => {
		line.open = old[i].open;
		if (line.child && old[i].child)
			line.child.limit = old[i].child.limit;
	});
}

function openTree() {
	const queue = [newBox([0], [null])];
	let left = OPEN;

	state.root = queue[0];
	while (queue.length && left > 0) {
		const box = queue.shift();

		openBox(box);
		for (const line of box.lines.slice(0, box.limit)) {
			if (!line.child || left-- <= 0)
				continue;
			line.open = true;
			queue.push(line.child);
		}
	}
}

/* The lines of a box that are seen: the first ones, and the one that is lit */
function seenLines(box) {
	const lit = litLine(box);
	const seen = box.lines.slice(0, box.limit);

	if (lit && !seen.includes(lit))
		seen.push(lit);
	return seen;
}

function stepOf(box) {
	return state.walk ? state.walk.steps.find(step => step.table === idOf(box)) : null;
}

function litLine(box) {
	const step = stepOf(box);

	if (!step || !step.row || !box.lines)
		return null;
	return box.lines.find(line => line.rows[0][FIRST] <= step.index &&
			      step.index <= line.rows[line.rows.length - 1][LAST]) || null;
}

/* Open what the walk passes, with its own tables shown */
function openPath() {
	let box = state.root;

	for (let i = 1; i < state.walk.steps.length; i++) {
		openBox(box);
		const line = litLine(box);

		if (!line || !line.child)
			return;
		line.open = true;
		openBox(line.child);
		const member = line.child.ids.indexOf(state.walk.steps[i].table);

		showMember(line.child, member);
		box = line.child;
	}
	openBox(box);
}

function heightOf(box) {
	const seen = seenLines(box).length;
	const more = box.lines.length > seen ? 1 : 0;

	return HEAD + (seen + more || 1) * ROW + 6;
}

/* Places a box and those below it; returns where the next one may begin */
function place(box, depth, y) {
	let below = y;

	openBox(box);
	box.x = LEFT + depth * (WIDTH + GAP_X);
	box.y = y;
	box.height = heightOf(box);
	for (const line of seenLines(box))
		if (line.child && line.open)
			below = place(line.child, depth + 1, below);
	return Math.max(below, y + box.height + GAP_Y + (box.ids.length > 1 ? 8 : 0));
}

function add(parent, node, attributes, text) {
	for (const key in attributes)
		node.setAttribute(key, attributes[key]);
	if (text !== undefined)
		node.textContent = text;
	parent.appendChild(node);
	return node;
}

function make(parent, name, attributes, text) {
	return add(parent, document.createElementNS("http://www.w3.org/2000/svg", name),
		attributes, text);
}

function rangeText(first, last) {
	return first === last ? "[" + first + "]" : "[" + first + ".." + last + "]";
}

/* Where in the table its entries are: one strip, a colour for each run */
function drawMap(group, table) {
	const width = WIDTH - 2, entries = entriesOf(facts(), table[LEVEL]);
	let lastX = -1;

	make(group, "rect", { class: "map", x: 1, y: HEAD - 7, width, height: 6 });
	for (const row of table[ROWS]) {
		const x = Math.floor(row[FIRST] / entries * width);
		const end = Math.ceil((row[LAST] + 1) / entries * width);

		if (end - 1 <= lastX)
			continue;
		const name = kindOf(row, DATA.words).name;

		make(group, "rect", { x: 1 + x, y: HEAD - 7, width: end - x, height: 6,
				      fill: name === "table" ? "var(--soft)" : `var(--${name})` });
		lastX = end - 1;
	}
}

function drawHead(group, box) {
	const table = tableOf(idOf(box));
	const entries = entriesOf(facts(), table[LEVEL]);
	const many = box.ids.length > 1 ? `  ${box.shown + 1} of ${box.ids.length} alike` : "";
	const limits = DATA.words[table[LIMITS]];

	if (many)
		for (const away of [8, 4])
			make(group, "rect", { class: "stack", x: away, y: away, rx: 6,
					      width: WIDTH, height: box.height });
	make(group, "rect", { class: "frame", width: WIDTH, height: box.height, rx: 6 });
	make(group, "path", { class: "head",
			      d: `M1 ${HEAD - 7}V7a6 6 0 0 1 6 -6H${WIDTH - 7}a6 6 0 0 1 6 6V${HEAD - 7}Z` });
	make(group, "text", { class: "title", x: 8, y: 16 },
	     `level ${table[LEVEL]}  PA 0x${table[PA]}`);
	make(group, "text", { class: "soft", x: WIDTH - 8, y: 16, "text-anchor": "end" },
	     many || (limits ? "limited" : ""));
	make(group, "text", { x: 8, y: 32 }, "VA 0x" + table[VA].padStart(16, "0"));
	make(group, "text", { class: "soft", x: WIDTH - 8, y: 32, "text-anchor": "end" },
	     `${table[USED]} of ${entries} used`);
	make(group, "title", {}, limits ? "limits of the tables above: " + limits : "");
	drawMap(group, table);
}

function vaOf(table, index) {
	return BigInt("0x" + table[VA]) +
		(BigInt(index) << BigInt(levelShift(facts(), table[LEVEL])));
}

/* All that there is to say of a line, for the panel below the drawing */
function detailsOf(box, line) {
	const table = tableOf(idOf(box)), first = line.rows[0];
	const last = line.rows[line.rows.length - 1];
	const each = 1n << BigInt(levelShift(facts(), table[LEVEL]));
	const count = last[LAST] - first[FIRST] + 1;
	const from = vaOf(table, first[FIRST]);
	const limits = DATA.words[table[LIMITS]];
	let text = `${KINDS[first[KIND]]}  ${rangeText(first[FIRST], last[LAST])}  ` +
		`VA ${hex(from, 16)} to ${hex(from + each * BigInt(count) - 1n, 16)}  ` +
		`${count} × ${sizeText(each)} = ${sizeText(each * BigInt(count))}\n`;

	if (first[KIND] === "x")
		return text + "cannot be read";
	text += `descriptor 0x${first[DESC].padStart(16, "0")} at PA ` +
		hex(BigInt("0x" + table[PA]) + 8n * BigInt(first[FIRST]));
	if (first[STEP] !== "0")
		text += `, each further one 0x${first[STEP]} more`;
	if (first[KIND] === "t")
		text += line.rows.length > 1 ? `, the first of ${line.rows.length} tables alike` : "";
	else if (first[OA] !== "0" || first[KIND] === "b" || first[KIND] === "p")
		text += `, to PA 0x${first[OA]}`;
	return text + "\n" + (DATA.words[first[WORDS]] || "no limits of its own") +
		(limits ? "  (from above: " + limits + ")" : "");
}

function drawLine(group, box, line, y) {
	const table = tableOf(idOf(box)), first = line.rows[0];
	const last = line.rows[line.rows.length - 1];
	const kind = kindOf(first, DATA.words);
	const count = last[LAST] - first[FIRST] + 1;
	const each = 1n << BigInt(levelShift(facts(), table[LEVEL]));
	const lit = line === litLine(box);
	const node = make(group, "g", { class: lit ? "row lit" : "row", tabindex: 0,
					"data-first": first[FIRST], "data-last": last[LAST] });

	make(node, "rect", { class: "hit", x: 1, y, width: WIDTH - 2, height: ROW });
	make(node, "text", { class: "index", x: 84, y: y + 13, "text-anchor": "end" },
	     rangeText(first[FIRST], last[LAST]));
	if (kind.name === "table") {
		make(node, "text", { x: 92, y: y + 13 },
		     line.rows.length > 1 ? `${line.rows.length} tables alike` :
		     `table 0x${tableOf(first[CHILD])[PA]}`);
		make(node, "text", { class: "soft", x: WIDTH - 8, y: y + 13, "text-anchor": "end" },
		     line.open ? "−" : "+");
	} else {
		make(node, "rect", { x: 92, y: y + 2, width: 66, height: ROW - 4, rx: 3,
				     fill: `var(--${kind.name})` });
		const letters = make(node, "text", { x: 125, y: y + 13, "text-anchor": "middle" },
				     kind.letters);

		letters.style.fill = `var(--${kind.name}-ink)`;
		if (kind.name !== "bad")
			make(node, "text", { x: 166, y: y + 13 },
			     `${sizeText(each * BigInt(count))} at 0x${first[OA]}`);
	}
	node.details = () => detailsOf(box, line);
	node.addEventListener("mouseenter", () => showDetails(node.details()));
	node.addEventListener("focus", () => showDetails(node.details()));
	node.addEventListener("click", () => toggle(line));
	node.addEventListener("keydown", event => {
		if (event.key === "Enter")
			toggle(line);
	});
	return lit;
}

function toggle(line) {
	if (!line.child)
		return;
	line.open = !line.open;
	draw();
}

function drawMore(group, box, seen, y) {
	const node = make(group, "g", { class: "row", tabindex: 0 });
	const more = () => {
		box.limit += MORE;
		draw();
	};

	make(node, "rect", { class: "hit", x: 1, y, width: WIDTH - 2, height: ROW });
	make(node, "text", { class: "soft", x: 92, y: y + 13 },
	     `… ${box.lines.length - seen} more lines`);
	node.addEventListener("click", more);
	node.addEventListener("keydown", event => {
		if (event.key === "Enter")
			more();
	});
}

function drawLink(svg, box, y, child, lit) {
	const x = box.x + WIDTH, to = child.y + 20, mid = (x + child.x) / 2;

	make(svg, "path", { class: lit ? "link lit" : "link",
			    d: `M${x} ${y}C${mid} ${y} ${mid} ${to} ${child.x} ${to}` });
}

function drawBox(links, boxes, box) {
	const step = stepOf(box);
	const group = make(boxes, "g", { class: step ? "box lit" : "box",
					 transform: `translate(${box.x} ${box.y})`,
					 "data-pa": "0x" + tableOf(idOf(box))[PA],
					 "data-level": tableOf(idOf(box))[LEVEL] });
	const seen = seenLines(box);
	let y = HEAD;

	if (step)
		group.setAttribute("data-index", step.index);
	drawHead(group, box);
	for (const line of seen) {
		const lit = drawLine(group, box, line, y);

		if (line.child && line.open) {
			drawLink(links, box, box.y + y + ROW / 2, line.child, lit);
			drawBox(links, boxes, line.child);
		}
		y += ROW;
	}
	if (box.lines.length > seen.length)
		drawMore(group, box, seen.length, y);
	if (!box.lines.length)
		make(group, "text", { class: "soft", x: 92, y: y + 13 }, "empty");
}

/* What the columns are stays in sight when the tree is scrolled */
function drawColumns(width) {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const start = facts().start_level;

	svg.setAttribute("class", "columns");
	svg.setAttribute("width", width);
	svg.setAttribute("height", 40);

	for (let level = start; level <= 3; level++) {
		const shift = levelShift(facts(), level);
		const top = shift + Math.log2(entriesOf(facts(), level)) - 1;
		const x = LEFT + (level - start) * (WIDTH + GAP_X);

		make(svg, "text", { class: "column", x, y: 18 }, `level ${level}`);
		make(svg, "text", { class: "soft", x, y: 33 },
		     `VA bits ${top}:${shift}, ${sizeText(1n << BigInt(shift))} an entry`);
	}
	return svg;
}

function draw() {
	const main = document.querySelector("main");
	const keep = [main.scrollLeft, main.scrollTop];
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const height = Math.max(place(state.root, 0, TOP), 200);
	const width = LEFT * 2 + facts().levels * (WIDTH + GAP_X) - GAP_X + 10;

	svg.setAttribute("width", width);
	svg.setAttribute("height", height);
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", "tables of " + DATA.trees[state.tree].name);
	const links = make(svg, "g", {}), boxes = make(svg, "g", {});

	drawBox(links, boxes, state.root);
	/* What is lit lies on top of what is not */
	for (const link of links.querySelectorAll(".lit"))
		links.appendChild(link);
	main.replaceChildren(drawColumns(width), svg);
	main.scrollTo(keep[0], keep[1]);
}

function showDetails(text) {
	document.getElementById("details").textContent = text;
}

/* --------------------------------------------------------- what is typed -- */

function treeFor(va) {
	if (isInHalf(facts(), va))
		return state.tree;
	/* The last one is the one in use: swapper_pg_dir after init_pg_dir */
	for (let i = DATA.trees.length - 1; i >= 0; i--)
		if (isInHalf(DATA.trees[i].facts, va))
			return i;
	return -1;
}

function resultText(va) {
	const last = state.walk.steps[state.walk.steps.length - 1];
	const path = state.walk.steps.map(step =>
		`L${tableOf(step.table)[LEVEL]}[${step.index}]`).join(" → ");

	if (state.walk.pa !== undefined)
		return `${path} → PA ${hex(state.walk.pa)}  (${KINDS[last.row[KIND]]})`;
	return `${path}: fault at level ${state.walk.level}, ${state.walk.why}`;
}

function say(text, isFault) {
	const result = document.getElementById("result");

	result.textContent = text;
	result.className = isFault ? "fault" : "";
}

function light(text) {
	const va = parseVa(text);

	state.walk = null;
	if (!text.trim()) {
		say("", false);
		return draw();
	}
	const tree = va === null ? -1 : treeFor(va);

	if (tree < 0) {
		say(va === null ? "not an address" :
		    `${hex(va, 16)} is in no half that is drawn here`, true);
		return draw();
	}
	if (tree !== state.tree)
		chooseTree(tree);
	state.walk = walk(DATA.trees[tree], va);
	openPath();
	say(resultText(va), state.walk.pa === undefined);
	draw();
	for (const row of document.querySelectorAll(".row.lit")) {
		row.scrollIntoView({ block: "nearest", inline: "nearest" });
		showDetails(row.details());
	}
	return undefined;
}

function chooseTree(tree) {
	state.tree = tree;
	state.walk = null;
	openTree();
	document.querySelectorAll("button.tree").forEach((button, i) =>
		button.setAttribute("aria-pressed", i === tree));
	const f = facts();

	document.getElementById("facts").textContent =
		`TTBR${f.half === "upper" ? 1 : 0}_EL1, ${sizeText(BigInt(f.granule))} granule, ` +
		`${f.va_bits} bits of VA, ${f.pa_bits} of PA` +
		(f.lpa2 === "1" ? " (LPA2)" : "") + `, ${DATA.trees[tree].tables.length} tables. ` +
		`TCR_EL1 ${f.TCR_EL1}  MAIR_EL1 ${f.MAIR_EL1}`;
}

const LEGEND = [
	["rw", "rw", "EL1 reads and writes"], ["ro", "r", "EL1 reads"],
	["rx", "rx", "EL1 executes"], ["wx", "rwx", "writable and executable"],
	["user", "u:", "EL0 too"], ["device", "D", "Device memory"],
	["nc", "NC", "Normal, not cached"], ["bad", "invalid", "translates nothing"],
];

function element(parent, name, attributes, text) {
	return add(parent, document.createElement(name), attributes, text);
}

function buildHeader(header) {
	const bar = element(header, "div", { class: "bar" });

	element(bar, "h1", {}, "Page tables of " + (DATA.machine.machine || "a machine"));
	DATA.trees.forEach((tree, i) => {
		const button = element(bar, "button", { class: "tree", type: "button" }, tree.name);

		button.addEventListener("click", () => {
			document.getElementById("va").value = "";
			say("", false);
			chooseTree(i);
			draw();
		});
	});
	element(bar, "span", { class: "soft", id: "facts" });
	const find = element(header, "div", { class: "bar" });

	element(find, "label", { for: "va" }, "Virtual address");
	const input = element(find, "input", { id: "va", spellcheck: "false",
					       placeholder: "0xffff800080000000" });

	input.addEventListener("input", () => light(input.value));
	element(find, "span", { id: "result", role: "status" });
	const legend = element(header, "div", { class: "bar legend" });

	for (const [name, letters, what] of LEGEND) {
		const item = element(legend, "span", {});

		element(item, "span", { class: "chip",
			style: `background: var(--${name}); color: var(--${name}-ink)` }, letters);
		item.append(what);
	}
	element(legend, "span", { class: "soft" },
		"C contiguous; [index] of descriptors; the strip shows where in the table they are; sizes in powers of 1024");
}

function start() {
	buildHeader(element(document.body, "header", {}));
	element(document.body, "main", {});
	element(document.body, "div", { id: "details" },
		"Point at a line for all that it says; click a table's line to open or close it.");
	chooseTree(DATA.trees.length - 1);
	const asked = /va=([^&]+)/.exec(location.hash);

	if (asked) {
		document.getElementById("va").value = asked[1];
		light(asked[1]);
	} else {
		draw();
	}
}

if (typeof document !== "undefined")
	start();
