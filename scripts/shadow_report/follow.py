# SPDX-License-Identifier: GPL-2.0-only
"""What snapshots show, between them: from the events, and checked by the next one.

A follower knows what a view shows. Each record that changes it becomes changes
small enough to be undone, so that the page goes forward and back by them; at each
snapshot what the events led to is compared with it, told as drift, and corrected,
so that an error ends there. Without events the corrections are all there is.
"""

import views


class Follower:
    """known: what it shows is what there was; changes: flat, of each the key of
    the record it belongs to first; drift: [moment, differences, records lost]."""

    def __init__(self):
        self.known, self.changes, self.drift, self.since = False, [], [], 0
        self.key, self.lossless = -1, True

    def change(self, *numbers):
        self.changes.append((self.key,) + numbers)

    def record(self, name, facts, err, cpu):
        """An event, or an operation, in its turn."""

    def truth(self, moment):
        """What a snapshot says, or None where it says nothing."""
        raise NotImplementedError

    def correct(self, truth):
        """Be as a snapshot says; how many things differed."""
        raise NotImplementedError


def follow(follower, run, history, at, complete):
    """All records and snapshots in their order. Keys are numbers of records, or,
    without events, of moments. False: no snapshot has what it takes."""
    moments, done, before = run.moments, 0, None
    if not any(follower.truth(one) is not None for one in moments):
        return False
    follower.known = bool(complete)
    for i, one in enumerate(moments):
        if history:
            run_records(follower, history, done, at[i])
            done = max(done, at[i])
        follower.key = done - 1 if history else i
        truth = follower.truth(one)
        if truth is None:
            continue
        checked = follower.known and history
        if not follower.known:
            follower.since = follower.key + 1
        lost = history.missing(before, one.seq) if history else 0
        follower.lossless = not lost
        differ = follower.correct(truth)
        follower.known = True
        if checked:
            follower.drift.append([i, differ, lost])
        before = one.seq
    if history:
        run_records(follower, history, done, len(history.records))
    return True


# What lists in its payload what it was about: as if each had been asked for alone
BULK = {"op alloc_pages_bulk": ("op alloc_pages", "pfn"),
        "op free_pages_bulk": ("op free_pages", "pfn"),
        "op cache_alloc_bulk": ("op cache_alloc", "pa"),
        "op cache_free_bulk": ("op cache_free", "pa")}
NO_FRAME = 1 << 63	# such an entry was in use before, or got none


def run_records(follower, history, first, end):
    names = history.names
    for at in range(first, end):
        seq, _, kind, cpu, err, args = history.records[at]
        name, arg_names = names[kind]
        follower.key = at
        # Before the first snapshot nothing is known that could change
        if not follower.known:
            continue
        if name in BULK and BULK[name][0] in follower.HEARD:
            run_bulk(follower, name, dict(zip(arg_names, args)), err, cpu,
                     history.payloads.get(seq, ()))
        if name in follower.HEARD:
            follower.record(name, dict(zip(arg_names, args)), err, cpu)


def run_bulk(follower, name, facts, err, cpu, numbers):
    """Of frames, an error says nothing of how many; of objects there is a count."""
    single, what = BULK[name]
    done = facts.get("freed", facts.get("filled", 0)) if what == "pa" else \
        len(numbers) if err >= 0 else 0
    for number in numbers[:done]:
        if number < NO_FRAME:
            follower.record(single, {**facts, what: number}, 0, cpu)


def is_done(name, err):
    """Did what a record tells of happen? An event did; of it err is a count."""
    return err >= 0 or not name.startswith("op ")


ZONE_TYPES = ("DMA", "DMA32", "Normal", "HighMem", "Movable", "Device")
PCP_ORDERS = 4


class Zones:
    """Zones by the names that buddyinfo has, and whose a frame is."""

    def __init__(self, run):
        self.names, self.spans = [], []
        for one in run.moments:
            for name, _ in one.get("buddyinfo") or []:
                if name not in self.names:
                    self.names.append(name)
            for zone in one.get("zoneinfo") or []:
                if "start_pfn" in zone and zone["zone"] in self.names and not any(
                        zone["zone"] == name for name, *_ in self.spans):
                    self.spans.append([zone["zone"], zone["start_pfn"],
                                       zone["start_pfn"] + zone.get("spanned", 0)])

    def of_pfn(self, pfn):
        """Its number among the names; the narrowest span wins where they overlap."""
        found = [(end - first, name) for name, first, end in self.spans if first <= pfn < end]
        if found:
            return self.names.index(min(found)[1])
        return 0 if len(self.names) == 1 else -1

    def of_number(self, number):
        name = f"{number // len(ZONE_TYPES)} {ZONE_TYPES[number % len(ZONE_TYPES)]}"
        return self.names.index(name) if name in self.names else -1


def pcp_orders(config, page_shift, nr_orders):
    """Orders that have per-CPU lists: shadow_pcp_init()."""
    policy = config.get("pcp", "on")
    if policy == "off":
        return set()
    if policy == "hotcold":
        return {0}
    return {order for order in [*range(PCP_ORDERS), page_shift - 3] if order < nr_orders}


class Buddy(Follower):
    """Free blocks by zone and order: [key, zone, order, more of them]."""

    HEARD = {"mm_page_split", "mm_page_merge", "mm_page_pcpu_refill", "mm_page_pcpu_drain",
             "mm_page_alloc", "mm_page_free", "op alloc_pages", "op free_pages",
             "op buddy_alloc", "op buddy_free", "op alloc_contig"}

    def __init__(self, run, page_shift, handover):
        """handover: the record that ends it, before which there are no lists, or -1."""
        super().__init__()
        self.zones, self.handover = Zones(run), handover
        self.orders = max([len(blocks) for one in run.moments
                           for _, blocks in one.get("buddyinfo") or []], default=0)
        self.free = [[0] * self.orders for _ in self.zones.names]
        self.listed = pcp_orders(run.once.get("config") or {}, page_shift, self.orders)
        self.waiting = {}	# blocks on per-CPU lists by zone and order
        self.from_boot = False
        self.parts = []		# blocks that an operation of its own kind has cut

    def add(self, zone, order, nr):
        if zone >= 0 and 0 <= order < self.orders and nr:
            self.free[zone][order] += nr
            self.change(zone, order, nr)

    def record(self, name, facts, err, cpu):
        order = facts.get("order", 0)
        if self.key <= self.handover or not is_done(name, err) or \
                max(order, facts.get("from_order", 0)) > views.MAX_ORDER:
            return
        if "zone" in facts and not name.startswith("op "):
            self.listed_blocks(name, self.zones.of_number(facts["zone"]), order, err)
            return
        zone = self.zones.of_pfn(facts.get("pfn", 0))
        if name == "mm_page_split":
            self.split(zone, facts["pfn"], order, facts["from_order"], err)
        elif name == "mm_page_merge":
            for below in range(facts["from_order"], order):
                self.add(zone, below, -2 if below == facts["from_order"] else -1)
            # Nothing was merged where both are the same
            self.add(zone, order, int(order > facts["from_order"]))
        elif name in ("mm_page_alloc", "op alloc_pages"):
            self.taken(zone, order)
        elif name in ("mm_page_free", "op free_pages"):
            if order not in self.listed:
                self.add(zone, order, 1)
            else:
                self.wait(zone, order, 1)
        elif name == "op buddy_alloc":
            self.add(zone, order, -1)
        elif name == "op buddy_free":
            self.add(zone, order, 1)
        elif name == "op alloc_contig":
            self.range_taken(zone, facts["pfn"], facts["nr_pages"])
        self.parts = self.parts if name == "mm_page_split" else []

    def wait(self, zone, order, nr):
        self.waiting[zone, order] = self.waiting.get((zone, order), 0) + nr

    def listed_blocks(self, name, zone, order, nr):
        """Between the buddy's lists and a CPU's."""
        sign = 1 if name == "mm_page_pcpu_refill" else -1
        self.wait(zone, order, sign * nr)
        self.add(zone, order, -sign * nr)

    def taken(self, zone, order):
        """From a CPU's lists, unless there is nothing on them: then from the zone's,
        as those are that are kept for who must not wait."""
        if order not in self.listed or \
                self.from_boot and self.waiting.get((zone, order), 0) <= 0:
            self.add(zone, order, -1)
        else:
            self.wait(zone, order, -1)

    def split(self, zone, pfn, order, whole, nr):
        """One block of order is left over for whoever asked, or as many as fit: then
        it counts more than one a step."""
        if whole < order:
            return
        self.add(zone, whole, -1)
        if nr == whole - order:
            for half in range(order, whole):
                self.add(zone, half, 1 if half > order else 2)
        else:
            self.add(zone, order, 1 << whole - order)
        self.parts.append((pfn, order, whole, nr))

    def range_taken(self, zone, pfn, nr_pages):
        if nr_pages >= 1 << 40:
            return
        self.cut(zone, pfn, nr_pages)

    def cut(self, zone, pfn, nr_pages):
        """Blocks that a range of frames touches: what lies outside of it is given
        back in parts; those were told as splits to order 0."""
        end, covered = pfn + nr_pages, 0
        for head, order, whole, nr in self.parts:
            # Undo what it would be elsewhere
            if nr == whole - order:
                for half in range(order, whole):
                    self.add(zone, half, -1 if half > order else -2)
            else:
                self.add(zone, order, -(1 << whole - order))
            last = head + (1 << whole)
            covered += min(last, end) - max(head, pfn)
            for first, stop in ((head, max(head, min(pfn, last))), (min(end, last), last)):
                while first < stop <= first + (1 << views.MAX_ORDER):
                    part = (stop - first).bit_length() - 1
                    while first & (1 << part) - 1:
                        part -= 1
                    self.add(zone, part, 1)
                    first += 1 << part
        self.add(zone, 0, covered - nr_pages)

    def truth(self, moment):
        return moment.get("buddyinfo") or None

    def correct(self, truth):
        """Blocks too many or too few. From the boot on, the first snapshot tells what
        the handover gave: the events are counted back from it."""
        given = self.known and self.lossless and not self.from_boot and self.handover >= 0
        key, differ = self.key, 0
        at = next((i for i, one in enumerate(self.changes) if one[0] > self.handover),
                  len(self.changes))
        for name, blocks in truth:
            zone = self.zones.names.index(name)
            for order, nr in enumerate(blocks):
                more = nr - self.free[zone][order]
                self.free[zone][order] = nr
                if more and given:
                    self.changes.insert(at, (self.handover, zone, order, more))
                elif more:
                    differ += abs(more)
                    self.key = key
                    self.change(zone, order, more)
        self.from_boot = self.from_boot or given
        return differ
