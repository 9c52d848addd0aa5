// SPDX-License-Identifier: GPL-2.0-only
// What the page was given, and every frame's class at any event.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const CLASSES = DATA.classes.map(([letter, name, light, dark]) => ({ letter, name, light, dark }));
const CLASS = Object.fromEntries(CLASSES.map((one, i) => [one.letter, i]));
const isFree = CLASSES.map((one) => one.letter === "F" || one.letter === "C");
const isMemory = CLASSES.map((one) => one.letter !== "-");

// Seven bits a byte, low ones first; plain arithmetic, as halves have 32 bits.
class Unpacker {
	constructor(text) {
		const raw = atob(text);

		this.bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
		this.at = 0;
	}

	number() {
		let value = 0, unit = 1, byte;

		do {
			byte = this.bytes[this.at++];
			value += (byte & 0x7f) * unit;
			unit *= 128;
		} while (byte & 0x80);
		return value;
	}

	signed() {
		const value = this.number();

		return value % 2 ? -(value + 1) / 2 : value / 2;
	}
}

// Columns of all records; arguments by halves, as many as the kind has.
class Records {
	constructor(given) {
		const pack = new Unpacker(given.records);

		this.names = given.names;
		this.nr = pack.number();
		this.kind = new Uint8Array(this.nr);
		this.cpu = new Uint8Array(this.nr);
		this.err = new Int32Array(this.nr);
		this.seq = new Float64Array(this.nr);
		this.ns = new Float64Array(this.nr);
		this.first = new Uint32Array(this.nr + 1);
		this.halves = this.unpack(pack);
	}

	unpack(pack) {
		const last = this.names.map(([, args]) => new Float64Array(2 * args.length));
		let halves = new Uint32Array(8 * this.nr + 16), used = 0, seq = 0, ns = 0;

		for (let i = 0; i < this.nr; i++) {
			const kind = pack.number(), own = last[kind];

			seq += pack.signed();
			ns += pack.signed();
			this.kind[i] = kind;
			this.seq[i] = seq;
			this.ns[i] = ns;
			this.cpu[i] = pack.number();
			this.err[i] = pack.signed();
			this.first[i] = used;
			if (used + own.length > halves.length) {
				const more = new Uint32Array(2 * halves.length);

				more.set(halves);
				halves = more;
			}
			for (let j = 0; j < own.length; j++) {
				own[j] += pack.signed();
				halves[used++] = own[j];
			}
		}
		this.first[this.nr] = used;
		return halves;
	}

	// [name, value as text] of each argument; addresses in hexadecimal
	args(i) {
		const [, names] = this.names[this.kind[i]], found = [];

		for (let j = 0; j < names.length; j++) {
			// Asking for a route is a flag of its own, which changes nothing: SHADOW_GFP_ROUTE
			const low = this.halves[this.first[i] + 2 * j] &
				(/^gfp/.test(names[j]) ? ~0x800000 : ~0);
			const high = this.halves[this.first[i] + 2 * j + 1];
			const hex = high || /^(pa|va|base|gfp|addr|desc|ptr|caller|prot)/.test(names[j]);

			found.push([names[j], hex ? "0x" + (BigInt(high) * 4294967296n + BigInt(low)).toString(16) :
				String(low)]);
		}
		return found;
	}
}

// Frames at any event: a copy of the last checkpoint before it, and the effects since.
class Frames {
	constructor(run) {
		this.run = run;
		this.cells = new Uint8Array(run.nr);
		this.effects = unpackEffects(run.events);
		this.checkpoints = [];
		this.at = -1;
		this.moment = -1;
		this.exact = run.events && (run.early || run.mapFrames === 1);
		this.known = Boolean(run.early);
		this.drift = [];
		// 0: none, else one of run.zones.names, from 1
		this.zoneOf = new Uint8Array(run.nr);
		this.expand(run.zones.cells, this.zoneOf);
		if (this.exact)
			this.prepare();
	}

	expand(flat, cells) {
		for (let i = 0, at = 0; i < flat.length; i += 2) {
			cells.fill(flat[i], at, at + flat[i + 1]);
			at += flat[i + 1];
		}
	}

	apply(from, to) {
		const { index, count, cls } = this.effects;

		for (let i = from; i < to; i++)
			this.cells.fill(cls[i], index[i], index[i] + count[i]);
	}

	// Number of effects of the records before one
	effectsBefore(record) {
		const list = this.effects.record;
		let low = 0, high = list.length;

		while (low < high) {
			const middle = low + high >> 1;

			if (list[middle] < record)
				low = middle + 1;
			else
				high = middle;
		}
		return low;
	}

	keep(done) {
		this.checkpoints.push({ done, cells: this.cells.slice() });
	}

	// Through all events once. A snapshot with a letter a frame is the truth: what
	// the events led to is compared with it, and goes on from it.
	prepare() {
		const { run } = this, total = this.effects.record.length;
		const most = Math.max(16, Math.floor(48e6 / (run.nr + 1)));
		const every = Math.max(2048, Math.ceil(total / most));
		const start = run.early || run.map[run.moments.find((one) => one.map >= 0).map];
		const stops = run.moments.filter((one) => one.map >= 0 && run.mapFrames === 1)
			.map((one) => [this.effectsBefore(one.at), one]);
		// Without the boot's events, what came before the first snapshot is not known
		let done = run.early ? 0 : stops[0][0];

		this.expand(start, this.cells);
		this.keep(done);
		while (done < total || stops.length) {
			const stop = stops.length ? stops[0][0] : total, next = Math.min(total, done + every, stop);

			this.apply(done, next);
			done = next;
			while (stops.length && stops[0][0] <= done)
				this.resync(stops.shift()[1]);
			this.keep(done);
		}
		this.at = done;
	}

	resync(moment) {
		const truth = new Uint8Array(this.run.nr);
		let differ = 0;

		this.expand(this.run.map[moment.map], truth);
		for (let i = 0; i < truth.length; i++)
			if (truth[i] !== this.cells[i] && !(isFree[truth[i]] && isFree[this.cells[i]]))
				differ++;
		if (this.known)
			this.drift.push([moment.number, differ, moment.lost]);
		this.known = true;
		this.cells = truth;
	}

	// The cells after so many records
	seek(record) {
		if (!this.exact)
			return this.cells;
		const want = this.effectsBefore(record);
		let low = 0, high = this.checkpoints.length - 1;

		while (low < high) {
			const middle = low + high + 1 >> 1;

			if (this.checkpoints[middle].done <= want)
				low = middle;
			else
				high = middle - 1;
		}
		const base = this.checkpoints[low];

		if (this.at > want || this.at < base.done || this.base !== base) {
			this.cells.set(base.cells);
			this.at = base.done;
			this.base = base;
		}
		this.apply(this.at, want);
		this.at = want;
		return this.cells;
	}

	// Without events there is what the snapshot says
	show(moment) {
		if (moment.map >= 0 && moment.map !== this.moment)
			this.expand(this.run.map[moment.map], this.cells);
		this.moment = moment.map;
		return this.cells;
	}
}

function unpackEffects(events) {
	const pack = events ? new Unpacker(events.effects) : null, nr = pack ? pack.number() : 0;
	const found = { record: new Uint32Array(nr), index: new Uint32Array(nr),
		count: new Uint32Array(nr), cls: new Uint8Array(nr) };
	let record = 0, index = 0;

	for (let i = 0; i < nr; i++) {
		found.record[i] = record += pack.number();
		found.index[i] = index += pack.signed();
		found.count[i] = pack.number();
		found.cls[i] = pack.number();
	}
	return found;
}

function pfnOf(run, index) {
	for (const [pfn, count, at] of run.segments)
		if (index >= at && index < at + count)
			return pfn + index - at;
	return -1;
}

// A run as the views use it. Where all events are known, the time before the first
// snapshot can be seen, too; where events go on behind the last one, that.
function makeRun(given, number, fromBoot, toEnd) {
	const run = Object.assign({}, given);
	const none = { t: null, map: -1, regions: -1, has: null, buddy: null, zones: null, unusable: null,
		extfrag: null, audit: null };

	run.letter = "AB"[number];
	run.records = given.events ? new Records(given.events) : null;
	run.blockFrames = { 4096: 512, 16384: 2048, 65536: 8192 }[run.frameBytes] || 512;
	run.moments = given.moments.map((one, i) => Object.assign({ number: i }, one));
	if (fromBoot)
		run.moments.unshift(Object.assign({}, none, { name: "reset", short: "reset", at: 0 }));
	if (toEnd)
		run.moments.push(Object.assign({}, none, { name: "last event", short: "end",
			at: run.records ? run.records.nr : 0 }));
	run.frames = new Frames(run);
	run.buddy = given.buddy && new BuddyState(given.buddy);
	run.slabs = given.slabs && new SlabState(given.slabs);
	run.tables = given.tables && new TableState(given.tables);
	return run;
}

function makeRuns() {
	const given = DATA.runs;
	const fromBoot = given.some((run) => run.early && run.moments[0].at > 0);
	const toEnd = given.some((run) => run.events && run.moments.at(-1).at < new Unpacker(run.events.records).number());

	return given.map((one, i) => makeRun(one, i, fromBoot, toEnd));
}
