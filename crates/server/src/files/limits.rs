//! How large a file, a line and each of its fields may be.

/// Physical lines read of one file.
pub const FILE_LINES_MAX: u64 = 50_000_000;
/// Bytes of one line; a longer one is a bad line and skipped without being kept.
pub const LINE_BYTES_MAX: usize = 65_536;
/// Bytes that a spreadsheet may unpack to, all its parts together.
pub const SHEET_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Rows of a sheet, as spreadsheets have them.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Columns of a header.
pub const COLUMNS_MAX: usize = 64;
/// Bytes of one field.
pub const FIELD_BYTES_MAX: usize = 4_096;
/// Bad lines kept with their reasons; the rest is counted.
pub const LINE_ERRORS_KEPT_MAX: usize = 1_000;
/// Characters of a foreign value that are repeated in a reason.
pub const QUOTED_VALUE_CHARS_MAX: usize = 40;

/// Ids are below 2^53, so that JavaScript reads them exactly.
pub const ID_MAX: i64 = (1 << 53) - 1;
/// Characters of an account's (domain's) name.
pub const ACCOUNT_NAME_CHARS_MAX: usize = 64;
/// Characters of a cid.
pub const CID_CHARS_MAX: usize = 64;
/// Digits of an IMSI (ITU-T E.212).
pub const IMSI_DIGITS_MAX: usize = 15;
/// Characters of an MSISDN (chapter 4.1.1).
pub const MSISDN_CHARS_MAX: usize = 32;
/// Characters of the device's words: model, node, network type, signal.
pub const DEVICE_TEXT_CHARS_MAX: usize = 128;
/// Tags on one card (behaviour of batch-set, chapter 4.6.4).
pub const CARD_TAGS_MAX: usize = 10;
/// Characters of a tag's name.
pub const TAG_NAME_CHARS_MAX: usize = 100;
/// Characters of a custom attribute's value.
pub const ATTRIBUTE_CHARS_MAX: usize = 100;
/// Characters of a plan's id, name and texts (chapters 4.2.1 and 4.4.1).
pub const PLAN_ID_CHARS_MAX: usize = 36;
/// Characters of a plan's name, description and region.
pub const PLAN_TEXT_CHARS_MAX: usize = 128;
/// Characters of a pool's name (chapter 4.4.1).
pub const POOL_NAME_CHARS_MAX: usize = 100;
/// Megabytes in any one figure: 2^40 bytes of megabytes stay far from the end of a 64-bit count.
pub const MEGABYTES_MAX: i64 = 1 << 40;
/// The longest period or silent period, in its own unit.
pub const PERIOD_MAX: i64 = 999;
/// The highest price, in cents.
pub const PRICE_CENTS_MAX: i64 = i32::MAX as i64;
