//! Orders of cards by a field of theirs: by a text, and by a number that may be absent, with marks for quick ranges.

use std::cmp::Ordering;
use std::ops::Range;

use crate::order::Order;
use crate::row::Row;
use crate::segments::Segments;
use crate::slot_set::{Bits, for_each_bit};

/// Cards by a text, then by id. Cards without the text are not in it.
#[derive(Debug, Clone)]
pub(crate) struct TextOrder {
    pub order: Order,
    pub text: fn(&Row) -> Option<&str>,
}

impl TextOrder {
    pub fn new(text: fn(&Row) -> Option<&str>) -> Self {
        Self { order: Order::default(), text }
    }

    pub fn build(&mut self, rows: &Segments<Row>, live: &Bits) {
        let mut keys = Vec::with_capacity(live.len);
        for_each_bit(&live.words, |slot| {
            if let Some(text) = (self.text)(&rows[slot]) {
                keys.push((compact_str::CompactString::from(text), rows[slot].id, slot));
            }
        });
        keys.sort_unstable();
        self.order = Order::from_sorted(keys.iter().map(|key| key.2));
    }

    fn compare(&self, rows: &Segments<Row>, slot: u32, target: &Row) -> Ordering {
        let row = &rows[slot];
        (self.text)(row).cmp(&(self.text)(target)).then(row.id.cmp(&target.id))
    }

    /// Takes a row out of its place unless `next` has the same one. The row must still be in `rows`.
    pub fn detach(&mut self, rows: &Segments<Row>, slot: u32, row: &Row, next: Option<&Row>) {
        if (self.text)(row).is_some() && next.is_none_or(|next| (self.text)(next) != (self.text)(row)) {
            let mut order = std::mem::take(&mut self.order);
            order.remove(slot, |other| self.compare(rows, other, row));
            self.order = order;
        }
    }

    /// Puts a row into its place unless `previous` had the same one.
    pub fn attach(&mut self, rows: &Segments<Row>, slot: u32, row: &Row, previous: Option<&Row>) {
        if (self.text)(row).is_some()
            && previous.is_none_or(|previous| (self.text)(previous) != (self.text)(row))
        {
            let mut order = std::mem::take(&mut self.order);
            order.insert(slot, |other| self.compare(rows, other, row));
            self.order = order;
        }
    }

    /// The cards with exactly this text, by id.
    pub fn equal(&self, rows: &Segments<Row>, text: &str) -> impl Iterator<Item = u32> {
        // Both ends are looked up, so that many cards with one text cost no visit to each of them.
        let start = self.order.rank(|slot| (self.text)(&rows[slot]).cmp(&Some(text)));
        let end = self.order.rank(|slot| match (self.text)(&rows[slot]).cmp(&Some(text)) {
            Ordering::Equal => Ordering::Less,
            other => other,
        });
        self.order.slices(start..end).flatten().copied()
    }
}

/// From this many cards on a ranged order keeps marks. In tests few cards do.
const MARKED_MIN: usize = if cfg!(test) { 20 } else { 16_384 };
/// An order has fewer marks than this.
const MARKS: usize = if cfg!(test) { 5 } else { 32 };

/// A place in the order, and which cards come before it.
#[derive(Debug, Clone)]
struct Mark {
    key: (i64, i64),
    below: Bits,
}

/// Cards by a number, then by id; cards without the number by id behind them.
#[derive(Debug, Clone)]
pub(crate) struct KeyOrder {
    pub some: Order,
    pub none: Order,
    pub key: fn(&Row) -> Option<i64>,
    /// Which cards have the number.
    known: Bits,
    /// Evenly spread, ascending: they turn ranges and long ways into a few passes over bits.
    marks: Vec<Mark>,
}

impl KeyOrder {
    pub fn new(key: fn(&Row) -> Option<i64>) -> Self {
        Self {
            some: Order::default(),
            none: Order::default(),
            key,
            known: Bits::default(),
            marks: Vec::new(),
        }
    }

    pub fn build(&mut self, rows: &Segments<Row>, live: &Bits) {
        let (mut some, mut none) = (Vec::with_capacity(live.len), Vec::new());
        for_each_bit(&live.words, |slot| match (self.key)(&rows[slot]) {
            Some(key) => some.push((key, rows[slot].id, slot)),
            None => none.push((rows[slot].id, slot)),
        });
        some.sort_unstable();
        none.sort_unstable();
        self.some = Order::from_sorted(some.iter().map(|key| key.2));
        self.none = Order::from_sorted(none.iter().map(|key| key.1));
        let mark_every = if some.len() < MARKED_MIN { usize::MAX } else { some.len() / MARKS };
        for (rank, &(key, id, slot)) in some.iter().enumerate() {
            if rank > 0 && rank % mark_every == 0 {
                self.marks.push(Mark { key: (key, id), below: self.known.clone() });
            }
            self.known.insert(slot);
        }
    }

    fn place(&self, row: &Row) -> Option<(i64, i64)> {
        (self.key)(row).map(|key| (key, row.id))
    }

    fn keyed(&self, rows: &Segments<Row>, slot: u32) -> (i64, i64) {
        let row = &rows[slot];
        ((self.key)(row).unwrap_or(i64::MAX), row.id)
    }

    /// Takes a row out of its place unless `next` has the same one. The row must still be in `rows`.
    pub fn detach(&mut self, rows: &Segments<Row>, slot: u32, row: &Row, next: Option<&Row>) {
        if next.is_some_and(|next| (self.key)(next) == (self.key)(row)) {
            return;
        }
        match self.place(row) {
            Some(place) => {
                let mut some = std::mem::take(&mut self.some);
                some.remove(slot, |other| self.keyed(rows, other).cmp(&place));
                self.some = some;
            }
            None => {
                self.none.remove(slot, |other| rows[other].id.cmp(&row.id));
            }
        }
        if next.is_none() {
            self.mark(slot, self.place(row), None);
        }
    }

    /// Puts a row into its place unless `previous` had the same one.
    pub fn attach(&mut self, rows: &Segments<Row>, slot: u32, row: &Row, previous: Option<&Row>) {
        if previous.is_some_and(|previous| (self.key)(previous) == (self.key)(row)) {
            return;
        }
        match self.place(row) {
            Some(place) => {
                let mut some = std::mem::take(&mut self.some);
                some.insert(slot, |other| self.keyed(rows, other).cmp(&place));
                self.some = some;
            }
            None => self.none.insert(slot, |other| rows[other].id.cmp(&row.id)),
        }
        self.mark(slot, previous.and_then(|previous| self.place(previous)), self.place(row));
        self.spread_marks(rows);
    }

    fn mark(&mut self, slot: u32, old: Option<(i64, i64)>, new: Option<(i64, i64)>) {
        let below = |place: Option<(i64, i64)>, key| place.is_some_and(|place| place < key);
        for mark in &mut self.marks {
            match (below(old, mark.key), below(new, mark.key)) {
                (false, true) => mark.below.insert(slot),
                (true, false) => mark.below.remove(slot),
                _ => false,
            };
        }
        match new {
            Some(_) => self.known.insert(slot),
            None => self.known.remove(slot),
        };
    }

    /// Puts one mark into the widest gap when it has grown to twice its share, and gives up the most crowded one.
    fn spread_marks(&mut self, rows: &Segments<Row>) {
        let len = self.some.len();
        if len < MARKED_MIN {
            return;
        }
        let rank = |at: usize| self.marks.get(at).map_or(len, |mark| mark.below.len);
        let start = |at: usize| at.checked_sub(1).map_or(0, rank);
        let Some(widest) = (0..=self.marks.len()).max_by_key(|&at| rank(at) - start(at)) else { return };
        if rank(widest) - start(widest) <= 2 * (len / MARKS) {
            return;
        }
        let ranks = start(widest)..start(widest) + (rank(widest) - start(widest)) / 2;
        let Some(slot) = self.some.ascending(ranks.end).next() else { return };
        let mut below = widest.checked_sub(1).map_or_else(Bits::default, |at| self.marks[at].below.clone());
        for piece in self.some.slices(ranks) {
            piece.iter().for_each(|&slot| {
                below.insert(slot);
            });
        }
        self.marks.insert(widest, Mark { key: self.keyed(rows, slot), below });
        if self.marks.len() >= MARKS {
            let rank = |at: usize| self.marks.get(at).map_or(len, |mark| mark.below.len);
            let start = |at: usize| at.checked_sub(1).map_or(0, rank);
            let crowded = (0..self.marks.len()).min_by_key(|&at| rank(at + 1) - start(at));
            self.marks.remove(crowded.expect("there are marks"));
        }
    }

    /// The ranks of the cards whose number is within the bounds, both included.
    pub fn ranks(&self, rows: &Segments<Row>, min: Option<i64>, max: Option<i64>) -> Range<usize> {
        let start = min.map_or(0, |min| self.some.rank(|slot| self.keyed(rows, slot).0.cmp(&min)));
        let end = max.map_or(self.some.len(), |max| {
            // Everything up to `max` counts as less: the end lies behind the last equal one.
            self.some
                .rank(|slot| if self.keyed(rows, slot).0 <= max { Ordering::Less } else { Ordering::Greater })
        });
        start..end.max(start)
    }

    /// Writes the cards of these ranks into `words`, which has a bit for every slot.
    pub fn write_range(&self, ranks: &Range<usize>, words: &mut [u64]) {
        let empty = Bits::default();
        // The nearest place on either side whose cards are known: nothing, a mark, or everything.
        let nearest = |rank: usize| {
            let mut best = (0_usize, &empty.words[..]);
            let places = self.marks.iter().map(|mark| (mark.below.len, &mark.below.words[..]));
            for place in places.chain([(self.some.len(), &self.known.words[..])]) {
                if place.0.abs_diff(rank) < best.0.abs_diff(rank) {
                    best = place;
                }
            }
            best
        };
        let ((low, below_low), (high, below_high)) = (nearest(ranks.start), nearest(ranks.end));
        let words_of = |bits: &'_ [u64], at: usize| bits.get(at).copied().unwrap_or(0);
        let shared = words.len().min(below_low.len()).min(below_high.len());
        for ((word, high), low) in words[..shared].iter_mut().zip(below_high).zip(below_low) {
            *word = high & !low;
        }
        for (at, word) in words.iter_mut().enumerate().skip(shared) {
            *word = words_of(below_high, at) & !words_of(below_low, at);
        }
        // First what is missing, then what is too much: the two may overlap when both ends share a place.
        for piece in self
            .some
            .slices(ranks.start..low.max(ranks.start))
            .chain(self.some.slices(high.min(ranks.end)..ranks.end))
        {
            piece.iter().for_each(|&slot| words[slot as usize / 64] |= 1 << (slot % 64));
        }
        for piece in self
            .some
            .slices(low.min(ranks.start)..ranks.start)
            .chain(self.some.slices(ranks.end..high.max(ranks.end)))
        {
            piece.iter().for_each(|&slot| words[slot as usize / 64] &= !(1 << (slot % 64)));
        }
    }

    /// How far one may go along the cards with a number, in this direction, without passing more than `most` of the
    /// cards in `words`: (cards to leave out, how many of those are in `words`).
    pub fn jump(&self, words: &[u64], most: usize, descending: bool) -> (usize, usize) {
        let below = |mark: &Mark| common(words, &mark.below.words);
        if descending {
            let all = common(words, &self.known.words);
            let at = self.marks.partition_point(|mark| all - below(mark) > most);
            self.marks.get(at).map_or((0, 0), |mark| (self.some.len() - mark.below.len, all - below(mark)))
        } else {
            let after = self.marks.partition_point(|mark| below(mark) <= most);
            after.checked_sub(1).map_or((0, 0), |at| (self.marks[at].below.len, below(&self.marks[at])))
        }
    }

    /// Whether the marks say what the order says.
    pub fn marks_hold(&self, rows: &Segments<Row>) -> bool {
        let known_holds =
            self.known.len == self.some.len() && self.some.ascending(0).all(|slot| self.known.contains(slot));
        known_holds
            && self.marks.is_sorted_by_key(|mark| mark.key)
            && self.marks.iter().all(|mark| {
                let rank = self.some.rank(|slot| self.keyed(rows, slot).cmp(&mark.key));
                rank == mark.below.len
                    && self.some.ascending(0).take(rank).all(|slot| mark.below.contains(slot))
            })
    }
}

/// How many cards are in both.
fn common(left: &[u64], right: &[u64]) -> usize {
    left.iter().zip(right).map(|(left, right)| (left & right).count_ones() as usize).sum()
}
