//! Small helps for portable SQL.

use simlink_db::{DbError, Param, Row, Tx};

use crate::http::query::Page;

/// A `LIKE … ESCAPE '\'` pattern that finds `text` anywhere, taking `%` and `_` for themselves. Compare it with
/// `lower(column)`: `LIKE` alone minds the case on one engine and not on the other.
pub fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

/// A page of `columns` of what `from_where` selects, and the exact count of all of it, in one snapshot.
///
/// # Errors
/// Those of the database.
pub fn page<T>(
    tx: &mut Tx<'_>,
    columns: &str,
    from_where: &str,
    order_by: &str,
    params: &[Param<'_>],
    page: Page,
    map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
) -> Result<(i64, Vec<T>), DbError> {
    let count = tx.get(&format!("SELECT COUNT(*) {from_where}"), params, |row| row.get(0))?;
    let mut bound = params.to_vec();
    bound.push(Param::from(page.limit));
    bound.push(Param::from(page.rows_before()));
    let (limit, offset) = (bound.len() - 1, bound.len());
    let sql = format!("SELECT {columns} {from_where} ORDER BY {order_by} LIMIT ${limit} OFFSET ${offset}");
    Ok((count, tx.rows(&sql, &bound, map)?))
}

/// Lengths of `IN` lists: any other is padded, so that few statements are prepared.
const LIST_LENGTHS: [usize; 4] = [1, 10, 100, 500];
/// No row has this id: stands in an `IN` list that would be empty.
const NO_ID: i64 = -1;

/// An `IN` list of at most 500 ids: its placeholders `$from..`, and `bound` with the ids appended.
pub fn id_list<'a>(from: usize, ids: &[i64], mut bound: Vec<Param<'a>>) -> (String, Vec<Param<'a>>) {
    let length = LIST_LENGTHS.into_iter().find(|length| ids.len() <= *length).unwrap_or(ids.len());
    let last = ids.last().copied().unwrap_or(NO_ID);
    bound.extend(ids.iter().copied().chain(std::iter::repeat(last)).take(length).map(Param::from));
    (placeholders(from, length), bound)
}

/// The rows of a `VALUES` list of at most 500 items, padded like an `IN` list: placeholders `$from..`, one a column, of
/// these types. `bind` appends the parameters of one item.
pub fn rows<'a, T>(from: usize, items: &'a [T], types: &[&str], mut bind: impl FnMut(&'a T)) -> String {
    let length = LIST_LENGTHS.into_iter().find(|length| items.len() <= *length).unwrap_or(items.len());
    let Some(last) = items.last() else { return String::new() };
    let padded = items.iter().chain(std::iter::repeat(last)).take(length).enumerate();
    let row = |(index, item)| {
        bind(item);
        let first = from + index * types.len();
        let typed =
            types.iter().enumerate().map(|(column, name)| format!("CAST(${} AS {name})", first + column));
        format!("({})", typed.collect::<Vec<_>>().join(", "))
    };
    padded.map(row).collect::<Vec<_>>().join(", ")
}

/// The placeholders `$from..` for `count` values, as they stand in an `IN` list.
pub fn placeholders(from: usize, count: usize) -> String {
    (from..from + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Lengths that [`padded`] brings lists to.
const PADDED: [usize; 4] = [1, 10, 100, 500];

/// Keys for an `IN` list, brought to one of a few lengths by repeating the last, so that few statements are prepared.
/// More than 500 stay as they are.
pub fn padded<T: Clone>(keys: &[T]) -> Vec<T> {
    let length = PADDED.into_iter().find(|length| *length >= keys.len()).unwrap_or(keys.len());
    let mut padded = keys.to_vec();
    if let Some(last) = keys.last() {
        padded.resize(length, last.clone());
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that the pattern's own signs are taken literally.
    #[test]
    fn patterns_are_literal() {
        assert_eq!(containing("50%_A\\"), "%50\\%\\_a\\\\%");
        assert_eq!(containing(""), "%%");
        let (list, bound) = id_list(2, &[7, 8], vec![Param::from(1_i64)]);
        assert_eq!((list, bound.len()), (placeholders(2, 10), 11));
        let mut bound = Vec::new();
        let list = rows(2, &[7_i64], &["BIGINT", "TEXT"], |item| bound.push(*item));
        assert_eq!((list.as_str(), bound), ("(CAST($2 AS BIGINT), CAST($3 AS TEXT))", vec![7]));
        assert_eq!(id_list(1, &[], Vec::new()).0, "$1");
        assert_eq!(placeholders(2, 3), "$2, $3, $4");
    }

    /// Shows that lists grow to the next length, the longest stay, and none at all stays none.
    #[test]
    fn lists_are_padded() {
        assert_eq!(padded(&[7]), [7]);
        assert_eq!(padded(&[7, 8]), [7, 8, 8, 8, 8, 8, 8, 8, 8, 8]);
        assert_eq!(
            (padded(&[1; 101]).len(), padded(&[1; 501]).len(), padded::<u8>(&[]).len()),
            (500, 501, 0)
        );
    }
}
