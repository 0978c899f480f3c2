//! Custom attributes: six slots that an account names and fills for its cards.

pub mod batch_set;
pub mod create;
pub mod disable;
pub mod enable;
pub mod list;
pub mod rename;
mod rules;
pub mod store;
mod switch;

use crate::http::parameter::Parameter;

/// The attribute in the path.
const ATTRIBUTE_ID: Parameter =
    Parameter::integer("attribute_id", 0, i64::MAX, "The attribute's id.").in_path();
/// Its name.
const CUST_ATTR_NAME: Parameter = Parameter::text(
    "cust_attr_name",
    0,
    rules::NAME_CHARS_MAX,
    "Chinese characters, letters, digits, - and _.",
)
.in_body()
.required();
