// SPDX-License-Identifier: GPL-2.0-only
// Translation tables, as a tree that opens.
"use strict";

const ROWS_OF_A_TABLE = 600;

class TreeView {
	constructor(run, parent) {
		this.run = run;
		this.state = run.tables;
		this.drawn = null;
		this.open = null;
		this.box = make("div", { class: "tree scroll", tabindex: "0", "aria-label": `tables of run ${run.name}` });
		this.says = make("p", { class: "says" });
		this.newest = make("p", { class: "says" });
		parent.append(this.box, this.newest, this.says);
		this.words = run.records && this.state ? driftWords(run, this.state.drift, "descriptors") : "";
	}

	draw() {
	}

	// Children come into being when they are asked for
	branch(key, now, head, fill) {
		const node = make("details", {}, make("summary", now ? { class: "now" } : {}, ...head));
		const opened = () => {
			if (node.open && node.childElementCount === 1)
				node.append(fill());
			this.open[node.open ? "add" : "delete"](key);
		};

		if (this.open.has(key)) {
			node.open = true;
			opened();
		}
		node.addEventListener("toggle", opened);
		return node;
	}

	// ---------------------------------------------------- of descriptors

	mark(kind) {
		return "tbpi".includes(kind[0]) ? [make("b", { class: kind[0], text: kind[0] })] : [];
	}

	address(table, index) {
		return "0x" + (BigInt(table.va) + BigInt(index) * BigInt(this.state.step(table))).toString(16);
	}

	// Descriptors that are alike, but for addresses that go up, as one
	runEnd(table, first) {
		const step = this.state.step(table), { what, value } = table;
		let end = first + 1;

		if (!this.state.isTable[what[first]])
			while (end < table.size && what[end] === what[first] && value[end] === value[first] + (end - first) * step)
				end++;
		return end;
	}

	rows(table) {
		const list = make("ul");

		for (let first = 0, nr = 0; first < table.size; first++) {
			if (!table.what[first])
				continue;
			if (nr++ === ROWS_OF_A_TABLE) {
				list.append(make("li", {}, make("span", { text: `… more rows, up to ${table.size - 1}, are not shown` })));
				break;
			}
			const end = this.runEnd(table, first);

			list.append(make("li", {}, this.row(table, first, end)));
			first = end - 1;
		}
		return list;
	}

	row(table, first, end) {
		const [kind, words] = this.state.attributes[table.what[first]], value = table.value[first];
		const at = end - first === 1 ? `[${first}]` : `[${first}..${end - 1}]`;
		const now = this.touched.some(([id, from, nr]) => id === table.id && from < end && from + nr > first);
		const below = table.below.get(first);

		if (below)
			return this.branch(`${below.tree}/${below.level}/${below.va}`, now || this.way.has(below.id), [...this.mark(kind),
				`${at} table PA 0x${below.pa.toString(16)}, level ${below.level}, VA ${below.va}, used ${below.used}/${below.size}`],
			() => this.rows(below));
		return make("span", now ? { class: "now" } : {}, ...this.mark(kind), `${at} ${kind} VA ${this.address(table, first)}` +
			(kind === "page" || kind === "block" ? ` PA 0x${value.toString(16)}` : "") + ` ${words}`);
	}

	trees() {
		const list = make("ul");

		for (const tree of this.state.trees) {
			if (!tree.live)
				continue;
			const root = this.state.all[tree.root], nr = this.state.nrTables(root);

			list.append(make("li", {}, this.branch(`${tree.name}/${root.pa}`, this.way.has(root.id), [
				`${tree.name}: ${tree.half} half, root PA 0x${root.pa.toString(16)}, ${tree.levels} levels, ${nr} tables,` +
				` root uses ${root.used}/${root.size}`], () => this.rows(root))));
		}
		return list;
	}

	// At first the tables that the kernel runs on are open, down to level 1
	opened() {
		const live = this.state.trees.filter((tree) => tree.live && tree.half === "upper"), tree = live.at(-1);

		if (!tree)
			return new Set();
		const root = this.state.all[tree.root];

		return new Set([`${tree.name}/${root.pa}`, ...[...root.below.values()].slice(0, 2)
			.map((table) => `${table.tree}/${table.level}/${table.va}`)]);
	}

	// What the newest event changed: descriptors, and the tables on the way to them
	findTouched(want) {
		const changes = this.run.records ? [...this.state.newest(want)] : [], parent = new Map();

		this.touched = changes.map((i) => this.state.column.map((one) => one[i])).filter(([, , nr]) => nr);
		this.way = new Set();
		if (!this.touched.length)
			return;
		for (const table of this.state.all)
			for (const below of table.below.values())
				parent.set(below, table);
		for (const [id] of this.touched)
			for (let at = this.state.all[id]; at; at = parent.get(at))
				this.way.add(at.id);
	}

	touchedWords() {
		return this.touched.slice(0, 3).map(([id, first, nr, , , what, value]) => {
			const table = this.state.all[id], [kind, words] = this.state.attributes[what];

			return `level ${table.level} table at PA 0x${table.pa.toString(16)}, ${nr === 1 ? `[${first}]` : `[${first}..${first + nr - 1}]`}` +
				` VA ${this.address(table, first)}: ${what ? `now ${kind}${kind === "table" ? "" : ` PA 0x${value.toString(16)}`} ${words}` : "now nothing"}`;
		}).join("; ") + (this.touched.length > 3 ? `; and ${this.touched.length - 3} runs more` : "");
	}

	show(moment, record) {
		if (!this.state) {
			this.showRegions(moment);
			return;
		}
		const want = wantOf(this.run, moment, record), known = this.state.seek(want) &&
			(this.run.records || moment.has && moment.has.tables);

		this.findTouched(want);
		if (known && !this.open)
			this.open = this.opened();
		const drawn = `${known} ${this.state.changed} ${this.touched.length}`;

		if (this.drawn !== drawn) {
			this.drawn = drawn;
			this.box.replaceChildren(known ? this.trees() : make("ul"));
		}
		this.newest.textContent = this.touched.length && known ? `the newest event: ${this.touchedWords()}` : "";
		const live = this.state.trees.filter((tree) => tree.live).length;

		this.says.textContent = known ? `${live} trees` + this.words : this.run.records ?
			"tables are followed from the first snapshot on" : `${moment.name}: no snapshot`;
	}

	// ------------------------------------- of the kernel's format: ranges

	list(nodes, path) {
		const list = make("ul");

		nodes.forEach(([words, kind, children], i) => {
			const head = [...this.mark(kind), words];

			list.append(make("li", {}, children.length ? this.branch(path + i, false, head, () => this.list(children, `${path}${i}/`)) :
				make("span", {}, ...head)));
		});
		return list;
	}

	showRegions(moment) {
		const regions = moment.regions >= 0 ? this.run.regions[moment.regions] : null;

		if (this.drawn !== moment.regions) {
			this.drawn = moment.regions;
			this.open = this.open || new Set();
			this.box.replaceChildren(this.list(regions || [], ""));
		}
		this.says.textContent = `${moment.name}: ` + (regions ? `${regions.length} regions, as the snapshot says` : "no snapshot");
	}
}
