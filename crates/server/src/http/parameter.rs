//! Declared parameters: name, type and bounds in one place, read by the parser and by the OpenAPI document alike.

use super::error::{BadParameter, Problem};

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// A header. Its handler reads it from the headers; this is its documentation.
    Header,
    /// A member of the JSON body.
    Body,
}

/// A parameter's type with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number within bounds, both included.
    Integer(i64, i64),
    /// Text of so many characters.
    Text(usize, usize),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Boolean,
    /// At most so many whole numbers: repeated, or separated by commas.
    Integers(usize),
    /// At most so many texts: repeated, or separated by commas.
    Texts(usize),
    /// So many JSON objects with these members; in a body only.
    Objects(usize, usize, &'static [Parameter]),
}

/// A parameter of an operation. Build one with [`Parameter::integer`] and its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The name on the wire.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Its type and bounds.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
    /// What is taken when it is not given, as it reads in JSON.
    pub default: Option<&'static str>,
    /// One sentence for the OpenAPI document.
    pub about: &'static str,
}

impl Parameter {
    const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, place: Place::Query, kind, required: false, default: None, about }
    }

    /// A whole number from `min` to `max`.
    pub const fn integer(name: &'static str, min: i64, max: i64, about: &'static str) -> Self {
        Self::new(name, Kind::Integer(min, max), about)
    }

    /// A text of `min` to `max` characters.
    pub const fn text(name: &'static str, min: usize, max: usize, about: &'static str) -> Self {
        Self::new(name, Kind::Text(min, max), about)
    }

    /// One of `words`.
    pub const fn choice(name: &'static str, words: &'static [&'static str], about: &'static str) -> Self {
        Self::new(name, Kind::Choice(words), about)
    }

    /// `true` or `false`.
    pub const fn boolean(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Boolean, about)
    }

    /// A list of at most `max` whole numbers.
    pub const fn integers(name: &'static str, max: usize, about: &'static str) -> Self {
        Self::new(name, Kind::Integers(max), about)
    }

    /// A list of at most `max` texts.
    pub const fn texts(name: &'static str, max: usize, about: &'static str) -> Self {
        Self::new(name, Kind::Texts(max), about)
    }

    /// A list of `min` to `max` JSON objects with `members`.
    pub const fn objects(
        name: &'static str,
        min: usize,
        max: usize,
        members: &'static [Self],
        about: &'static str,
    ) -> Self {
        Self::new(name, Kind::Objects(min, max, members), about)
    }

    /// The same parameter, but in the path (and therefore required).
    pub const fn in_path(mut self) -> Self {
        self.place = Place::Path;
        self.required = true;
        self
    }

    /// The same parameter, but a header.
    pub const fn in_header(mut self) -> Self {
        self.place = Place::Header;
        self
    }

    /// The same parameter, but a member of the JSON body.
    pub const fn in_body(mut self) -> Self {
        self.place = Place::Body;
        self
    }

    /// The same parameter, but one that must be given.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same parameter with a default, written as in JSON.
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// This parameter is wrong in this way.
    pub const fn bad(&self, problem: Problem) -> BadParameter {
        BadParameter { field: self.name, problem }
    }

    /// Reads a whole number within the bounds.
    pub fn read_integer(&self, text: &str) -> Result<i64, BadParameter> {
        let value = text.parse().map_err(|_| self.bad(Problem::NotInteger))?;
        match self.kind {
            Kind::Integer(min, max) if !(min..=max).contains(&value) => {
                Err(self.bad(Problem::OutOfRange(min, max)))
            }
            _ => Ok(value),
        }
    }

    /// Checks the length, or that the text is one of the words. A NUL is in no text that is stored, and PostgreSQL
    /// takes none in a comparison either.
    pub fn check_text(&self, text: &str) -> Result<(), BadParameter> {
        match self.kind {
            Kind::Text(..) if text.contains('\0') => Err(self.bad(Problem::Malformed)),
            Kind::Text(min, max) if !(min..=max).contains(&text.chars().count()) => {
                Err(self.bad(Problem::Length(min, max)))
            }
            Kind::Choice(words) if !words.contains(&text) => Err(self.bad(Problem::NotOneOf(words))),
            _ => Ok(()),
        }
    }
}
