//! Physical lines of a stream, one at a time into one buffer, none longer than the limit.

use std::io::{self, BufRead, BufReader, Read};

use super::limits;

const READ_BUFFER_BYTES: usize = 256 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The lines of a stream, numbered from 1.
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// Number of the line last read; 0 before the first.
    pub number: u64,
    /// Bytes taken from the stream so far.
    pub bytes: u64,
}

/// What was found where a line was expected.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line without its end.
    Text(&'a str),
    /// A line that can't be looked at, and why.
    Unreadable(&'static str),
    /// The end of the stream.
    End,
}

impl<R: Read> Lines<R> {
    /// Lines of a stream that stands at its beginning.
    pub fn new(input: R) -> Self {
        Self {
            input: BufReader::with_capacity(READ_BUFFER_BYTES, input),
            line: Vec::new(),
            number: 0,
            bytes: 0,
        }
    }

    /// The first byte that isn't blank or part of a byte-order mark, without taking it.
    pub fn first_byte(&mut self) -> io::Result<Option<u8>> {
        let start = self.input.fill_buf()?;
        let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
        Ok(text.iter().copied().find(|byte| !byte.is_ascii_whitespace()))
    }

    /// The next line.
    pub fn next(&mut self) -> io::Result<Line<'_>> {
        self.line.clear();
        let bound = limits::LINE_BYTES_MAX as u64 + 1;
        let taken = (&mut self.input).take(bound).read_until(b'\n', &mut self.line)?;
        if taken == 0 {
            return Ok(Line::End);
        }
        self.number += 1;
        self.bytes += taken as u64;
        if self.line.last() != Some(&b'\n') && self.line.len() > limits::LINE_BYTES_MAX {
            self.skip_rest()?;
            return Ok(Line::Unreadable("is longer than a line may be"));
        }
        let mut line = self.line.as_slice();
        if self.number == 1 {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        Ok(std::str::from_utf8(line).map_or(Line::Unreadable("is not UTF-8"), Line::Text))
    }

    /// Passes over what is left of a line that is too long, without keeping it.
    fn skip_rest(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let (used, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(position) => (position + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.input.consume(used);
            self.bytes += used as u64;
            if ended {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded_numbered_and_cleaned() {
        // Shows the mark and line ends taken off, a too long and a foreign line reported, and all bytes counted.
        let mut file = b"\xEF\xBB\xBFa\r\n\n".to_vec();
        file.extend(vec![b'x'; 3 * READ_BUFFER_BYTES]);
        file.extend(b"\n\xFF\nlast");
        let size = file.len() as u64;
        let mut lines = Lines::new(file.as_slice());
        assert_eq!(lines.first_byte().unwrap(), Some(b'a'));
        assert_eq!(lines.next().unwrap(), Line::Text("a"));
        assert_eq!(lines.next().unwrap(), Line::Text(""));
        assert_eq!(lines.next().unwrap(), Line::Unreadable("is longer than a line may be"));
        assert!(lines.line.capacity() < 4 * limits::LINE_BYTES_MAX);
        assert_eq!(lines.next().unwrap(), Line::Unreadable("is not UTF-8"));
        assert_eq!(lines.next().unwrap(), Line::Text("last"));
        assert_eq!((lines.number, lines.next().unwrap()), (5, Line::End));
        assert_eq!(lines.bytes, size);
    }
}
