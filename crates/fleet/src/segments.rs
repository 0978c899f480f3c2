//! A growing array in segments, so that no growth ever moves more than one segment.

use std::ops::{Index, IndexMut};

/// Elements of a segment: 4,096.
const SEGMENT: usize = 4096;

/// An append-only array addressed by `u32`; elements stay where they are once the first segment is full.
#[derive(Debug, Clone)]
pub(crate) struct Segments<T> {
    segments: Vec<Vec<T>>,
}

impl<T> Default for Segments<T> {
    fn default() -> Self {
        Self { segments: Vec::new() }
    }
}

impl<T> Segments<T> {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self.segments.last() {
            Some(last) => (self.segments.len() - 1) * SEGMENT + last.len(),
            None => 0,
        }
    }

    /// Appends and answers the position.
    pub fn push(&mut self, value: T) -> u32 {
        let position = u32::try_from(self.len()).expect("an account holds fewer than 2^32 cards");
        if (position as usize).is_multiple_of(SEGMENT) {
            // The first segment grows by doubling: most accounts are small.
            self.segments.push(if position == 0 { Vec::new() } else { Vec::with_capacity(SEGMENT) });
        }
        self.segments.last_mut().expect("a segment was just ensured").push(value);
        position
    }
}

impl<T> Index<u32> for Segments<T> {
    type Output = T;

    fn index(&self, position: u32) -> &T {
        &self.segments[position as usize / SEGMENT][position as usize % SEGMENT]
    }
}

impl<T> IndexMut<u32> for Segments<T> {
    fn index_mut(&mut self, position: u32) -> &mut T {
        &mut self.segments[position as usize / SEGMENT][position as usize % SEGMENT]
    }
}
