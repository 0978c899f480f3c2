//! The query string of a request: decoded once, read by declared parameters (leniency: behaviour, section 1).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::error::{BadParameter, Problem};
use super::parameter::{Kind, Parameter};
use crate::limits;

/// The decoded pairs of a query string, in the wire's order.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(Box<str>, Box<str>)>,
}

/// The rows that a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Rows of a page.
    pub limit: i64,
    /// The page's number, from 1: the contract calls it `offset`.
    pub number: i64,
}

impl Page {
    /// Rows before this page.
    pub fn rows_before(self) -> i64 {
        (self.number - 1) * self.limit
    }
}

/// `limit` of every list.
pub const LIMIT: Parameter =
    Parameter::integer("limit", limits::PAGE_ROWS.0, limits::PAGE_ROWS.1, "Rows of a page.").or("10");
/// `offset` of every list: a page number.
pub const OFFSET: Parameter = Parameter::integer(
    "offset",
    limits::PAGE_NUMBERS.0,
    limits::PAGE_NUMBERS.1,
    "The number of the page, from 1.",
)
.or("1");

impl Query {
    /// Decodes a raw query string (without `?`). `+` stands for itself, as the signature counts it.
    pub fn parse(raw: &str) -> Result<Self, BadParameter> {
        let mut pairs = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == limits::QUERY_PAIRS_MAX {
                return Err(BadParameter {
                    field: "query",
                    problem: Problem::TooMany(limits::QUERY_PAIRS_MAX),
                });
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self { pairs })
    }

    /// The names of the pairs, in the wire's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|pair| &*pair.0)
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |pair| &*pair.0 == name).map(|pair| &*pair.1)
    }

    /// The one value of a parameter, or none. Twice is an error: nobody can tell which was meant.
    fn single(&self, parameter: &Parameter) -> Result<Option<&str>, BadParameter> {
        let mut values = self.values(parameter.name);
        let first = values.next();
        if values.next().is_some() {
            return Err(parameter.bad(Problem::Repeated));
        }
        if first.is_none() && parameter.required {
            return Err(parameter.bad(Problem::Required));
        }
        Ok(first)
    }

    /// A whole number within its bounds.
    pub fn integer(&self, parameter: &Parameter) -> Result<Option<i64>, BadParameter> {
        self.single(parameter)?.map(|text| parameter.read_integer(text)).transpose()
    }

    /// A text of an allowed length, or one of the allowed words.
    pub fn text(&self, parameter: &Parameter) -> Result<Option<&str>, BadParameter> {
        let text = self.single(parameter)?;
        text.map_or(Ok(()), |text| parameter.check_text(text))?;
        Ok(text)
    }

    /// A text to filter by: an empty one filters nothing.
    pub fn filter_text(&self, parameter: &Parameter) -> Result<Option<&str>, BadParameter> {
        Ok(self.text(parameter)?.filter(|text| !text.is_empty()))
    }

    /// `true` or `false`, in any case of letters.
    pub fn boolean(&self, parameter: &Parameter) -> Result<Option<bool>, BadParameter> {
        match self.single(parameter)? {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(parameter.bad(Problem::NotBoolean)),
        }
    }

    /// A list of whole numbers: repeated keys, commas, or both.
    pub fn integers(&self, parameter: &Parameter) -> Result<Vec<i64>, BadParameter> {
        self.elements(parameter)?.into_iter().map(|text| parameter.read_integer(text)).collect()
    }

    /// A list of texts: repeated keys, commas, or both.
    pub fn texts(&self, parameter: &Parameter) -> Result<Vec<&str>, BadParameter> {
        self.elements(parameter)
    }

    fn elements(&self, parameter: &Parameter) -> Result<Vec<&str>, BadParameter> {
        let (Kind::Integers(max) | Kind::Texts(max)) = parameter.kind else { return Ok(Vec::new()) };
        let mut elements = Vec::new();
        for element in self.values(parameter.name).flat_map(|value| value.split(',')) {
            let element = element.trim();
            if element.is_empty() {
                continue;
            }
            if elements.len() == max {
                return Err(parameter.bad(Problem::TooMany(max)));
            }
            elements.push(element);
        }
        Ok(elements)
    }

    /// The page asked for; the first ten rows by default.
    pub fn page(&self) -> Result<Page, BadParameter> {
        Ok(Page {
            limit: self.integer(&LIMIT)?.unwrap_or(limits::PAGE_ROWS.2),
            number: self.integer(&OFFSET)?.unwrap_or(1),
        })
    }
}

const MALFORMED: BadParameter = BadParameter { field: "query", problem: Problem::Malformed };

/// Decodes percent escapes into UTF-8. NUL is refused here for all: PostgreSQL stores none, so nothing can match it.
fn decode(text: &str) -> Result<Box<str>, BadParameter> {
    if !text.contains('%') {
        return Ok(text.into());
    }
    if text.contains("%00") {
        return Err(MALFORMED);
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(Cow::Borrowed(text)) => Ok(text.into()),
        Ok(Cow::Owned(text)) => Ok(text.into_boxed_str()),
        Err(_) => Err(MALFORMED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG_ID: Parameter = Parameter::integers("tag_id", 3, "");
    const NAME: Parameter = Parameter::text("name", 1, 4, "");

    /// Shows that lists may repeat their key, use commas or both, and are bounded.
    #[test]
    fn lists_repeat_or_use_commas() {
        let read = |raw: &str| Query::parse(raw).expect("a query").integers(&TAG_ID);
        assert_eq!(read("tag_id=9&tag_id=10"), Ok(vec![9, 10]));
        assert_eq!(read("tag_id=9,10&tag_id=11"), Ok(vec![9, 10, 11]));
        assert_eq!(read("tag_id="), Ok(vec![]));
        assert_eq!(read("tag_id=1,2,3,4"), Err(TAG_ID.bad(Problem::TooMany(3))));
        assert_eq!(read("tag_id=x"), Err(TAG_ID.bad(Problem::NotInteger)));
    }

    /// Shows what single values refuse: repetition, length in characters (not bytes), bad escapes.
    #[test]
    fn single_values_are_checked() {
        let read = |raw: &str| Query::parse(raw)?.text(&NAME).map(|text| text.map(str::to_owned));
        assert_eq!(read("name=%E4%B8%AD%E6%96%87ab"), Ok(Some("中文ab".to_owned())));
        assert_eq!(read("name=a+b"), Ok(Some("a+b".to_owned())));
        assert_eq!(read("other=1"), Ok(None));
        assert_eq!(read("name="), Err(NAME.bad(Problem::Length(1, 4))));
        assert_eq!(read("name=abcde"), Err(NAME.bad(Problem::Length(1, 4))));
        assert_eq!(read("name=a&name=b"), Err(NAME.bad(Problem::Repeated)));
        assert_eq!(read("name=%FF"), Err(MALFORMED));
        assert_eq!(read("name=a%00"), Err(MALFORMED));
    }

    /// Shows the page's bounds: 10..500 rows, page 1..1,000,000.
    #[test]
    fn pages_are_bounded() {
        let page = |raw: &str| Query::parse(raw).expect("a query").page();
        assert_eq!(page(""), Ok(Page { limit: 10, number: 1 }));
        assert_eq!(page("limit=500&offset=1000000"), Ok(Page { limit: 500, number: 1_000_000 }));
        for raw in ["limit=9", "limit=501", "offset=0", "offset=1000001", "limit=ten", "limit=", "limit=1e2"]
        {
            assert!(page(raw).is_err(), "{raw}");
        }
        assert_eq!(Page { limit: 10, number: 50_000 }.rows_before(), 499_990);
    }
}
