//! Lines of an uploaded list of cards: which card, and values for its custom attributes.

use super::csv::CsvLine;
use super::read::FileRecord;
use super::records::CardListRecord;
use super::row::{Fault, Row, columns};
use super::{limits, rules, values};

columns!(Column {
    Iccid = "iccid",
    Cid = "cid",
    CustomerAttribute1 = "customer_attribute1",
    CustomerAttribute2 = "customer_attribute2",
    CustomerAttribute3 = "customer_attribute3",
    CustomerAttribute4 = "customer_attribute4",
    CustomerAttribute5 = "customer_attribute5",
    CustomerAttribute6 = "customer_attribute6",
});

impl FileRecord for CardListRecord {
    const COLUMNS: &'static [&'static str] = Column::NAMES;
    const REQUIRED: &'static [&'static str] = &[];

    fn from_row(row: &Row<'_>) -> Result<Self, Fault> {
        let iccid = row.text(Column::Iccid, limits::CID_CHARS_MAX)?;
        let cid = row.text(Column::Cid, limits::CID_CHARS_MAX)?;
        let named = [(Column::Iccid, &iccid), (Column::Cid, &cid)];
        if let Some((column, text)) =
            named.into_iter().find(|(_, text)| text.as_deref().is_some_and(is_rounded))
        {
            let text = values::quoted(text.as_deref().unwrap_or_default());
            let reason =
                format!("{text} is a number that a spreadsheet has rounded: make the column one of text");
            return Err(row.fault(column, reason));
        }
        match (&iccid, &cid) {
            (None, None) => return Err(Fault::of_line("names no card: it has neither iccid nor cid")),
            (Some(iccid), _) if !rules::is_iccid(iccid) => {
                return Err(
                    row.fault(Column::Iccid, format!("{} {}", values::quoted(iccid), rules::ICCID_FORM))
                );
            }
            _ => {}
        }
        let value = |column| row.text(column, limits::ATTRIBUTE_CHARS_MAX);
        let customer_attributes = [
            value(Column::CustomerAttribute1)?,
            value(Column::CustomerAttribute2)?,
            value(Column::CustomerAttribute3)?,
            value(Column::CustomerAttribute4)?,
            value(Column::CustomerAttribute5)?,
            value(Column::CustomerAttribute6)?,
        ];
        Ok(Self { iccid, cid, customer_attributes })
    }

    fn keys(&self, add: &mut dyn FnMut(&'static str, &str)) {
        match (&self.iccid, &self.cid) {
            (Some(iccid), _) => add("iccid", rules::iccid_key(iccid)),
            (None, Some(cid)) => add("cid", cid),
            (None, None) => {}
        }
    }

    fn write(&self, line: &mut CsvLine) {
        line.text(self.iccid.as_deref());
        line.text(self.cid.as_deref());
        self.customer_attributes.iter().for_each(|value| line.text(value.as_deref()));
    }
}

/// Whether a text is what spreadsheets make of a long number: `8.98601E+18`.
fn is_rounded(text: &str) -> bool {
    let number =
        text.split_once(['E', 'e']).filter(|(mantissa, _)| mantissa.contains('.') || text.contains('+'));
    number.is_some() && text.parse::<f64>().is_ok()
}
