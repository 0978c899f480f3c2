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

/// The placeholders `$from..` for `count` values, as they stand in an `IN` list.
pub fn placeholders(from: usize, count: usize) -> String {
    (from..from + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that the pattern's own signs are taken literally.
    #[test]
    fn patterns_are_literal() {
        assert_eq!(containing("50%_A\\"), "%50\\%\\_a\\\\%");
        assert_eq!(containing(""), "%%");
        assert_eq!(placeholders(2, 3), "$2, $3, $4");
    }
}
