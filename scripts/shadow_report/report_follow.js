// SPDX-License-Identifier: GPL-2.0-only
// What views show between snapshots: changes that are made and undone one by one, so
// that each position is reached from any other. At a snapshot they correct what
// the events did not lead to: that is the drift. See follow.py.
"use strict";

class Stream {
	// Of each change: a key, and so many numbers
	constructor(given, columns) {
		const pack = new Unpacker(given.changes);
		let key = -1;

		this.nr = pack.number();
		this.key = new Int32Array(this.nr);
		this.column = Array.from({ length: columns }, () => new Float64Array(this.nr));
		this.since = given.since;
		this.drift = given.drift;
		this.done = 0;
		for (let i = 0; i < this.nr; i++) {
			key += pack.number();
			this.key[i] = key;
			for (const column of this.column)
				column[i] = pack.signed();
		}
	}

	// Be as after so many records, or snapshots where there are no records
	seek(want) {
		while (this.done < this.nr && this.key[this.done] < want)
			this.make(this.done++);
		while (this.done && this.key[this.done - 1] >= want)
			this.undo(--this.done);
		return want >= this.since;
	}

	// Changes of the record that is the newest one
	*newest(want) {
		for (let i = this.done - 1; i >= 0 && this.key[i] === want - 1; i--)
			yield i;
	}
}

// Free blocks by zone and order
class BuddyState extends Stream {
	constructor(given) {
		super(given, 3);
		this.zones = given.zones;
		this.orders = given.orders;
		this.blocks = new Int32Array(this.zones.length * this.orders);
	}

	make(i) {
		const [zone, order, more] = this.column;

		this.blocks[zone[i] * this.orders + order[i]] += more[i];
	}

	undo(i) {
		const [zone, order, more] = this.column;

		this.blocks[zone[i] * this.orders + order[i]] -= more[i];
	}

	// By order, of all zones together
	sums() {
		const found = new Array(this.orders).fill(0);

		this.blocks.forEach((nr, i) => {
			found[i % this.orders] += nr;
		});
		return found;
	}

	free(zone) {
		let sum = 0;

		for (let order = 0; order < this.orders; order++)
			sum += this.blocks[zone * this.orders + order] * 2 ** order;
		return sum;
	}

	// Share of what is free that lies in smaller blocks: unusable_free_index()
	unusable(zone, least) {
		const free = this.free(zone);
		let small = 0;

		for (let order = 0; order < Math.min(least, this.orders); order++)
			small += this.blocks[zone * this.orders + order] * 2 ** order;
		return free ? small / free : 1;
	}

	// Blocks at so many positions that lie evenly between the first and the last
	// moment, in one walk through all changes; null where they are not known
	track(run, steps, nr) {
		const found = [];

		for (let i = 0; i <= nr; i++)
			found.push(this.seek(wantAt(run, i / nr * steps)) ? this.blocks.slice() : null);
		return found;
	}
}

// Slabs that are there, and which objects of them are in use
class SlabState extends Stream {
	constructor(given) {
		super(given, 2);
		this.caches = given.caches;
		this.places = given.places;
		this.all = given.slabs.map(([cache, pfn, order, node, total, bytes], id) => ({ id, cache, pfn, order,
			node, total, bytes, used: 0, live: false, cells: new Uint8Array(total), drawn: -1, version: 0 }));
		this.live = new Set();
		// Slabs came or went: places of the others change
		this.arranged = 0;
	}

	change(i, way) {
		const [id, what] = this.column, slab = this.all[id[i]];

		slab.version++;
		if (what[i] < 2) {
			slab.live = (what[i] === 0) === way;
			this.live[slab.live ? "add" : "delete"](slab);
			this.arranged++;
			return;
		}
		const used = (what[i] & 1) === Number(way);

		slab.cells[what[i] - 2 >> 1] = used;
		slab.used += used ? 1 : -1;
	}

	make(i) {
		this.change(i, true);
	}

	undo(i) {
		this.change(i, false);
	}
}

// Tables by their descriptors: the number of what they say beside an address,
// and the address, or the number of the table they lead to
class TableState extends Stream {
	constructor(given) {
		super(given, 7);
		this.attributes = given.attributes;
		this.all = given.tables.map(([tree, level, pa, va, size], id) => ({ id, tree, level, pa, va, size,
			what: new Uint16Array(size), value: new Float64Array(size), used: 0, below: new Map() }));
		this.trees = given.trees.map(([name, half, levels, pageShift, root]) =>
			({ name, half, levels, pageShift, root, live: false }));
		this.byRoot = new Map(this.trees.map((tree) => [tree.root, tree]));
		this.isTable = this.attributes.map(([kind]) => kind === "table");
		this.changed = 0;
	}

	// Bytes that a descriptor of a table is for
	step(table) {
		const { pageShift } = this.trees[table.tree];

		return 2 ** (pageShift + (3 - table.level) * (pageShift - 3));
	}

	// Old ones are alike, as new ones are, but for addresses that go up
	write(table, first, nr, old, what, value) {
		const step = what && !this.isTable[what] ? this.step(table) : 0;

		this.changed++;
		table.used += nr * (Boolean(what) - Boolean(old));
		if (this.isTable[old])
			table.below.delete(first);
		table.what.fill(what, first, first + nr);
		for (let i = 0; i < nr; i++)
			table.value[first + i] = value + i * step;
		if (this.isTable[what])
			table.below.set(first, this.all[value]);
	}

	change(i, way) {
		const [ids, firsts, nrs, olds, oldValues, news, newValues] = this.column;

		if (!nrs[i]) {
			this.byRoot.get(ids[i]).live = Boolean(news[i]) === way;
			this.changed++;
		} else if (way)
			this.write(this.all[ids[i]], firsts[i], nrs[i], olds[i], news[i], newValues[i]);
		else
			this.write(this.all[ids[i]], firsts[i], nrs[i], news[i], olds[i], oldValues[i]);
	}

	make(i) {
		this.change(i, true);
	}

	undo(i) {
		this.change(i, false);
	}

	nrTables(table) {
		let nr = 1;

		for (const below of table.below.values())
			nr += this.nrTables(below);
		return nr;
	}
}

// What a stream is asked for at a position
function wantAt(run, at) {
	return run.records ? recordAt(run, at) : wantOf(run, momentAt(run, at), 0);
}

function wantOf(run, moment, record) {
	if (run.records)
		return record;
	return moment.number === undefined ? (moment.short === "reset" ? 0 : Infinity) : moment.number + 1;
}

// In words: do the events lead to what the next snapshots say?
function driftWords(run, drift, things) {
	if (!drift.length)
		return "";
	const bad = drift.filter(([, differ]) => differ), lost = drift.filter(([, , nr]) => nr);

	return (bad.length ? "; events and snapshot differ at " + bad.map(([at, differ]) =>
		`“${momentName(run, at)}”: ${grouped(differ)} ${things}`).join(", ") :
		`; what the events lead to is what ${drift.length === 1 ? "the next snapshot says" :
			`all of ${drift.length} snapshots say`}`) +
		(lost.length ? `; before ${lost.map(([at, , nr]) => `“${momentName(run, at)}” ${grouped(nr)}`).join(", ")} events were lost` : "");
}

function momentName(run, number) {
	return run.moments.find((one) => one.number === number).name;
}
