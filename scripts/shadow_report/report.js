// SPDX-License-Identifier: GPL-2.0-only
// The position, what moves it, and the views that follow.
"use strict";

const UNITS = 1000;	// of the scrubber between two moments where there are no events
const VIEWS = [
	["map", MapView], ["buddy", BuddyView], ["frag", FragView], ["marks", MarksView],
	["events", EventsView], ["slabs", SlabView], ["tables", TreeView], ["boot", BootView],
];
const RUNS = makeRuns();
const STEPS = Math.max(1, ...RUNS.map((run) => run.moments.length - 1));
// Where free blocks were, once for all charts that draw them
for (const run of RUNS)
	run.track = run.records && run.buddy ? run.buddy.track(run, STEPS, TRACK) : [];
const byId = (id) => document.getElementById(id);
const views = [];
let position = 0;
let wanted = null;
let playing = null;

// Records up to a position: moments are whole numbers, events lie evenly between
function recordAt(run, at) {
	const last = run.moments.length - 1, k = Math.min(last, Math.floor(at + 1e-9));
	const from = run.moments[k].at, to = k < last ? run.moments[k + 1].at : from;

	return from + Math.round((at - k) * (to - from));
}

function positionOf(run, record) {
	const { moments } = run;
	let k = 0;

	while (k + 1 < moments.length && moments[k + 1].at <= record)
		k++;
	const wide = k + 1 < moments.length ? moments[k + 1].at - moments[k].at : 0;

	return wide ? k + Math.max(0, record - moments[k].at) / wide : k;
}

function momentAt(run, at) {
	return run.moments[Math.min(run.moments.length - 1, Math.floor(at + 1e-9))];
}

// All views at a position, at once; how long that took, in ms
function show(at) {
	const start = performance.now();

	position = Math.max(0, Math.min(STEPS, at));
	for (const { run, view } of views)
		view.show(momentAt(run, position), recordAt(run, position), position);
	byId("scrub").value = Math.round(position * UNITS);
	byId("where").textContent = whereWords();
	byId("scrub").setAttribute("aria-valuetext", byId("where").textContent);
	markMoment(Math.floor(position + 1e-9));
	return performance.now() - start;
}

// The button of the moment; in sight, as they may be more than fit
function markMoment(number) {
	const list = byId("moments"), now = list.querySelector('[aria-current="true"]'), next = list.children[number];

	if (now === next.firstChild)
		return;
	if (now)
		now.removeAttribute("aria-current");
	next.firstChild.setAttribute("aria-current", "true");
	if (next.offsetLeft < list.scrollLeft || next.offsetLeft + next.offsetWidth > list.scrollLeft + list.clientWidth)
		list.scrollLeft = next.offsetLeft - list.clientWidth / 2;
}

function whereWords() {
	return RUNS.map((run) => {
		const moment = momentAt(run, position);

		return (RUNS.length > 1 ? `${run.letter}: ` : "") + `after “${moment.name}”` +
			(run.records ? `, event ${grouped(recordAt(run, position))} of ${grouped(run.records.nr)}` : "");
	}).join("   ");
}

// At most one drawing a frame, of the newest position
function go(at) {
	if (wanted === null)
		requestAnimationFrame(() => {
			const to = wanted;

			wanted = null;
			show(to);
		});
	wanted = Math.max(0, Math.min(STEPS, at));
}

function target() {
	return wanted === null ? position : wanted;
}

// One event on or back in the run that has most of them here; else a tenth
function stepEvent(way) {
	const at = target(), k = way > 0 ? Math.floor(at + 1e-9) : Math.ceil(at - 1e-9) - 1;
	const widest = Math.max(0, ...RUNS.map((run) => (k >= 0 && k + 1 < run.moments.length && run.records ?
		run.moments[k + 1].at - run.moments[k].at : 0)));
	const next = at + way / (widest || 10);

	// The sum of many small steps shall meet the moment itself
	go(Math.abs(next - Math.round(next)) < 0.2 / (widest || 10) ? Math.round(next) : next);
}

function stepMoment(way) {
	go(way > 0 ? Math.floor(target() + 1e-9) + 1 : Math.ceil(target() - 1e-9) - 1);
}

function play(on) {
	if (Boolean(playing) === on)
		return;
	byId("play").textContent = on ? "❚❚ pause" : "▶ play";
	byId("play").setAttribute("aria-pressed", String(on));
	if (!on) {
		cancelAnimationFrame(playing);
		playing = null;
		return;
	}
	const from = position >= STEPS ? 0 : position, start = performance.now();
	const tick = () => {
		const at = from + (performance.now() - start) / 1500;

		show(at);
		playing = requestAnimationFrame(tick);
		if (at >= STEPS)
			play(false);
	};

	playing = requestAnimationFrame(tick);
}

function keys(event) {
	const tag = event.target.tagName;

	if (event.ctrlKey || event.metaKey || event.altKey || tag === "SELECT")
		return;
	const act = { ArrowLeft: () => stepEvent(-1), ArrowRight: () => stepEvent(1), p: () => stepMoment(-1),
		n: () => stepMoment(1), Home: () => go(0), End: () => go(STEPS), " ": () => play(!playing),
		PageUp: () => stepMoment(-1), PageDown: () => stepMoment(1) }[event.key];

	// Space presses a button, and Page Up and Down belong to whoever has the focus
	if (!act || (tag === "BUTTON" || tag === "SUMMARY") && event.key === " " ||
		event.key.startsWith("Page") && event.target !== byId("scrub") && event.target !== document.body)
		return;
	act();
	event.preventDefault();
}

const TOLD = ["size", "board", "granule", "va_bits", "memmodel", "nodes", "mobility", "pcp", "slab", "early", "seed"];

// A line a run, and one of what they have in common
function headLines() {
	const same = (key) => RUNS.every((run) => run.config[key] === RUNS[0].config[key]);
	const words = (run, keys) => keys.filter((key) => run.config[key]).map((key) => `${key}=${run.config[key]}`);
	const lines = RUNS.map((run) => (RUNS.length > 1 ? `${run.letter} is ` : "") + [`${run.name}: ${run.moments.length} moments`,
		...(run.records ? [`${grouped(run.records.nr)} events`] : []),
		...(run.nr ? [`${grouped(run.nr)} frames (${run.nr * run.frameBytes / 1048576} MiB)`] : []),
		...words(run, TOLD.filter((key) => !same(key)))].join(", "));

	return lines.concat(words(RUNS[0], TOLD.filter(same)).join(" ") || []);
}

function legend() {
	const used = CLASSES.map((one, i) => RUNS.some((run) => run.nr && usesClass(run, i)));

	CLASSES.forEach((one, i) => {
		if (!used[i])
			return;
		const box = make("i", { text: one.letter }), colour = darkQuery.matches ? one.dark : one.light;

		box.style.background = colour;
		box.style.color = inkOn(rgb(colour));
		byId("classes").append(make("li", {}, box, one.name));
	});
	KINDS.forEach(([letter, name, , colour], i) => {
		const box = make("i", { text: letter }), own = i === 5 && darkQuery.matches ? "#ffffff" : colour;

		box.style.background = own;
		box.style.color = inkOn(rgb(own));
		byId("kinds").append(make("li", {}, box, name));
	});
}

function usesClass(run, cls) {
	const flat = [...run.map, run.early || []];

	return flat.some((runs) => runs.some((value, i) => i % 2 === 0 && value === cls)) ||
		run.frames.effects.cls.includes(cls);
}

function momentButtons() {
	const longest = RUNS.reduce((a, b) => (b.moments.length > a.moments.length ? b : a));

	longest.moments.forEach((one, i) => {
		byId("moments").append(make("li", {}, make("button", { text: (one.number === undefined ? "" : one.number + " ") +
			one.name, onclick: () => go(i) })));
	});
}

// One place a run in every view: its picture, or what is missing for it
function build() {
	document.documentElement.style.setProperty("--runs", RUNS.length);
	for (const [id, View] of VIEWS) {
		const pair = byId(id).querySelector(".pair");

		for (const run of RUNS) {
			const place = make("div", { "data-run": run.letter });

			pair.append(place);
			if (RUNS.length > 1)
				place.append(make("h3", { text: `${run.letter}: ${run.name}` }));
			if (run.missing[id]) {
				place.append(make("p", { class: "missing", text: run.missing[id] }));
				continue;
			}
			views.push({ run, id, view: new View(run, place, STEPS) });
		}
	}
	const maps = views.filter(({ id }) => id === "map").map(({ view }) => view);

	for (const map of maps)
		map.others = maps.filter((one) => one !== map);
}

function orders() {
	const box = byId("order"), most = Math.max(0, ...RUNS.flatMap((run) => run.moments.flatMap((one) =>
		(one.unusable || []).map(([, list]) => list.length - 1))));
	const usual = Math.min(most, Math.log2(RUNS[0].blockFrames));
	const choose = (order) => {
		for (const { view } of views)
			if (view instanceof FragView) {
				view.order = order;
				view.draw();
			}
	};

	for (let order = 0; order <= most; order++)
		box.append(make("option", { value: order, text: String(order) + (order === usual ? " (a pageblock)" : "") }));
	box.value = usual;
	box.addEventListener("change", () => {
		choose(Number(box.value));
		show(position);
	});
	choose(usual);
}

function redraw() {
	forgetKnown();
	for (const { view, id } of views)
		if (id !== "map")
			view.draw();
	show(position);
}

function listen() {
	byId("scrub").max = STEPS * UNITS;
	byId("scrub").addEventListener("input", () => go(byId("scrub").value / UNITS));
	byId("first").onclick = () => go(0);
	byId("last").onclick = () => go(STEPS);
	byId("back").onclick = () => stepEvent(-1);
	byId("forth").onclick = () => stepEvent(1);
	byId("moment-back").onclick = () => stepMoment(-1);
	byId("moment-forth").onclick = () => stepMoment(1);
	byId("play").onclick = () => play(!playing);
	addEventListener("keydown", keys);
	addEventListener("resize", () => requestAnimationFrame(redraw));
	darkQuery.addEventListener("change", () => {
		forgetKnown();
		byId("classes").replaceChildren();
		byId("kinds").replaceChildren();
		legend();
		redraw();
	});
}

function start() {
	byId("what").textContent = RUNS.map((run) => run.name).join(" beside ");
	byId("facts").append(...headLines().flatMap((line, i) => (i ? [make("br"), line] : [line])));
	build();
	orders();
	legend();
	momentButtons();
	listen();
	// file.html#at=3.5 opens there
	const at = /[#&]at=([0-9.]+)/.exec(location.hash);

	position = at ? Number(at[1]) : 0;
	redraw();
}

start();
