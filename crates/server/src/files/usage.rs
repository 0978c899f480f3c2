//! Lines of a usage file: what a card used on a day so far.

use super::csv::CsvLine;
use super::read::FileRecord;
use super::records::UsageRecord;
use super::row::{Fault, Row, columns};
use super::{rules, values};

columns!(Column { Iccid = "iccid", Date = "date", Mb = "mb" });

impl FileRecord for UsageRecord {
    const COLUMNS: &'static [&'static str] = Column::NAMES;
    const REQUIRED: &'static [&'static str] = Column::NAMES;

    fn from_row(row: &Row<'_>) -> Result<Self, Fault> {
        let iccid = row.required(Column::Iccid, row.get(Column::Iccid))?;
        if !rules::is_iccid(iccid) {
            return Err(row.fault(Column::Iccid, rules::ICCID_FORM));
        }
        let date = row.required(Column::Date, row.get(Column::Date))?;
        let Some(date) = rules::parse_business_day(date) else {
            return Err(
                row.fault(Column::Date, format!("{} is not a day such as 20220916", values::quoted(date)))
            );
        };
        let bytes = row.required(Column::Mb, row.megabytes(Column::Mb)?)?;
        Ok(Self { iccid: iccid.into(), date, bytes })
    }

    /// A day may be repeated: the later line replaces the earlier one, as a later file does.
    fn keys(&self, _add: &mut dyn FnMut(&'static str, &str)) {}

    fn write(&self, line: &mut CsvLine) {
        line.text(Some(&self.iccid));
        line.integer(Some(self.date));
        line.megabytes(Some(self.bytes));
    }
}
