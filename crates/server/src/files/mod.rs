//! The files an operator feeds the platform with (cards, plans, pools, usage), read and written as plain records.
//!
//! Pure: no database, no clock. The records end in the tables through `import`; the demo fleet makes the same ones.

mod card_list;
mod cards;
mod catalogue;
mod csv;
mod duplicates;
mod json_lines;
pub mod limits;
mod lines;
mod read;
pub mod records;
pub mod row;
pub mod rules;
#[cfg(test)]
mod tests;
mod usage;
pub mod values;
mod xlsx;

pub use csv::write_csv;
pub use read::{FileError, FileRecord, Format, LineError, Reader, Report};
pub use records::{
    CardListRecord, CardRecord, MultiSimRecord, PlanRecord, PoolKind, PoolRecord, UsageRecord,
};
pub use row::Fault;
pub use xlsx::{is_xlsx, to_csv};
