//! Every limit of the server in one place; a value here is a promise to operators about memory and time.

use std::time::Duration;

/// Rows of a page: smallest, largest and the page taken when none is asked for (seed 4.1.1).
pub const PAGE_ROWS: (i64, i64, i64) = (10, 500, 10);
/// Page numbers that may be asked for (seed 4.1.1).
pub const PAGE_NUMBERS: (i64, i64) = (1, 1_000_000);
/// Tags of one account unless configured otherwise (seed, error GSL.00022003).
pub const TAGS_PER_ACCOUNT_MAX: usize = 200;
/// Custom attributes of one account, one a slot (seed, error GSL.00027004).
pub const ATTRIBUTES_PER_ACCOUNT_MAX: usize = 6;
/// Network switch policies that an account may make (seed, error GSL.00015035).
pub const POLICIES_PER_ACCOUNT_MAX: i64 = 50;
/// Cards that one request may set tags or attributes on by listing them (seed 4.6.4 and 4.7.6).
pub const CARDS_PER_REQUEST_MAX: usize = 500;
/// Characters of a list of values, or of bad lines, in an error's text: with the words around it, it stays within
/// the 512 of the contract.
pub const LISTED_CHARS_MAX: usize = 400;
/// Cards named with a reason each by GSL.00012031.
pub const FAILURES_NAMED_MAX: usize = 500;

/// Bytes of an uploaded list of cards.
pub const TEMP_FILE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Cards of an uploaded list: setting tags on all of them stays one short transaction.
pub const TEMP_FILE_ROWS_MAX: usize = 10_000;
/// How long an uploaded list can be named.
pub const TEMP_FILE_LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// Uploaded lists kept of one account; the oldest make way.
pub const TEMP_FILES_PER_ACCOUNT_MAX: i64 = 100;
/// Expired lists that an upload clears away.
pub const TEMP_FILES_CLEARED_MAX: i64 = 100;

/// Largest request body, 12 MB: what the gateway of the cloud service takes.
pub const BODY_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Query parameters read of one request; more is a parameter error.
pub const QUERY_PAIRS_MAX: usize = 1_100;
/// Largest number that is taken for a whole one when it is written with a point or an exponent, 2^53: what a double
/// holds exactly.
pub const EXACT_INTEGER_MAX: f64 = 9_007_199_254_740_992.0;
/// Characters of an idempotency key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;
/// How long a write that came with a key has its answer for those who send it again.
pub const IDEMPOTENCY_LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// How often keys that have expired are forgotten, …
pub const IDEMPOTENCY_CLEAR_INTERVAL_MS: i64 = 60 * 60 * 1000;
/// … and how many in one transaction.
pub const IDEMPOTENCY_KEYS_CLEARED: i64 = 1_000;
/// Order ids in one list query: the seed names no bound.
pub const ORDER_IDS_MAX: usize = 500;
/// Plans in one list query (seed 4.1.1).
pub const PRICE_PLAN_IDS_MAX: usize = 30;
/// Tags in one list query (seed 4.1.1).
pub const TAG_IDS_MAX: usize = 10;

/// Requests a second of one user over the whole API (seed, chapter 1).
pub const REQUESTS_PER_SECOND: u32 = 5;
/// Requests a second of one user to the two costly lists (seed, chapter 1).
pub const COSTLY_LISTS_PER_SECOND: u32 = 1;
/// Requests a second of a person in the console.
pub const CONSOLE_REQUESTS_PER_SECOND: u32 = 30;
/// Users whose allowance is remembered at once; beyond it the fullest buckets are forgotten.
pub const FLOW_CONTROL_USERS_MAX: usize = 100_000;

/// A token's life from its issue (seed 3.2).
pub const TOKEN_LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// Days before today whose usage the overview shows.
pub const TREND_DAYS: i64 = 62;
/// How long a person stays signed in to the console.
pub const SESSION_LIFE_MS: i64 = 12 * 60 * 60 * 1000;
/// Sessions of a user side by side; the oldest makes way.
pub const SESSIONS_PER_USER_MAX: usize = 8;
/// Wrong signatures or passwords in a row from one address that lock the key or user for that address.
pub const FAILURES_PER_ADDRESS_MAX: u32 = 5;
/// The same over all addresses: high enough that a stranger cannot lock an owner out by hand.
pub const FAILURES_OVER_ALL_MAX: u32 = 100;
/// How long a lock-out lasts.
pub const LOCK_OUT_MS: i64 = 5 * 60 * 1000;
/// Failures remembered at once.
pub const LOCK_OUT_ENTRIES_MAX: usize = 100_000;
/// Sign-ins that may wait for a free core to hash a password on; more are told to come back.
pub const SIGN_INS_WAITING_MAX: usize = 64;
/// Access keys of one user.
pub const ACCESS_KEYS_PER_USER_MAX: i64 = 2;

/// Rows of the change log taken at a time by those who follow it.
pub const CHANGES_PER_READ: i64 = 1_000;
/// How often the log is looked at when nobody said that it grew: what another process or node wrote.
pub const FOLLOW_INTERVAL_MS: u64 = 200;
/// How long a look that nobody waits for is put off, so that it takes in more.
pub const FOLLOW_GATHER_MS: u64 = 20;
/// Cards named by one row of the change log in bulk work.
pub const CARDS_PER_CHANGE: usize = 500;
/// How long a write waits for its own node to have followed it before it answers all the same.
pub const FOLLOW_WAIT_MS_MAX: u64 = 5_000;

/// How long the feed's horizon waits between two looks at transactions that are under way.
pub const FEED_LOOK_MS: u64 = 5;
/// Readers of the feed that wait or stream, of one account and of all.
pub const FEED_READERS_PER_ACCOUNT_MAX: usize = 20;
/// The same over all accounts.
pub const FEED_READERS_MAX: usize = 1_000;
/// How long a request for changes may wait for one; below the listener's time for a handler.
pub const FEED_WAIT_SECONDS_MAX: i64 = 20;
/// Rows of the log that one request with a filter passes over.
pub const FEED_ROWS_PASSED_MAX: usize = 5_000;
/// How often a stream of changes says that it lives.
pub const FEED_HEARTBEAT_MS: u64 = 15_000;
/// How long a stream of changes lives: then its client signs in anew.
pub const FEED_STREAM_LIFE_MS: u64 = 15 * 60 * 1000;
/// How often changes that are too old are looked for.
pub const CHANGES_SWEEP_INTERVAL_MS: i64 = 60 * 60 * 1000;

/// Lines of a usage file applied in one transaction.
pub const USAGE_LINES_PER_CHUNK: usize = 10_000;
/// Lines of one usage file: each is held in memory (40 bytes) while the file is applied.
pub const USAGE_FILE_LINES_MAX: usize = 5_000_000;
/// How many months before the running one a usage file may speak of: the cycles that the API shows lie within them.
pub const USAGE_MONTHS_BACK: i32 = 6;
/// Days before today of which the usage is read at carriers each night: yesterday, and what was late of the two before.
pub const USAGE_PULL_DAYS: i64 = 3;
/// The minute of the business day at which that begins: half past two.
pub const USAGE_PULL_MINUTE: u16 = 2 * 60 + 30;
/// How often the turn of a cycle is looked for.
pub const ROLL_OVER_INTERVAL_MS: i64 = 60_000;
/// Billing cycles that the API shows, the running one included (seed 4.1.4 and 4.4.1).
pub const CYCLES_SHOWN: i32 = 6;
/// Cards whose usage of cycles is asked for at once (seed 4.1.4).
pub const MONTH_USAGE_CARDS_MAX: usize = 500;
/// Cards whose usage of days is asked for at once (seed 4.1.13).
pub const DAILY_FLOW_CARDS_MAX: usize = 100;
/// Cards whose plan's usage is asked for at once (seed 4.3.2).
pub const PLAN_USAGE_CARDS_MAX: usize = 50;
/// Statuses in one list of pools (seed 4.4.1).
pub const POOL_STATUSES_MAX: usize = 9;
/// Characters of a pool's list of orders (seed 4.4.1).
pub const POOL_ORDER_IDS_CHARS_MAX: usize = 400;

/// How often all cards are looked at by the rules.
pub const RULE_SWEEP_INTERVAL_MS: i64 = 60 * 60 * 1000;
/// Cards that the rules look at in one step.
pub const RULE_PAGE_CARDS: i64 = 5_000;
/// Cards of one order of a rule, fired in one transaction.
pub const RULE_ORDER_CARDS: usize = 500;
/// Rows of marked cards taken at once, each of up to [`CARDS_PER_CHANGE`] cards; where there are more, all cards are
/// looked at instead.
pub const TOUCHES_PER_STEP: i64 = 40;
/// Rows of marked cards that are done with when all cards were looked at.
pub const TOUCHES_PER_SWEEP: i64 = 10_000;
/// How long looking at all cards may take between two signs of life.
pub const RULE_STEP_MS_MAX: u64 = 5 * 60 * 1000;
/// Orders that a rule places for a card in a cycle while they fail, …
pub const RULE_ATTEMPTS_MAX: i64 = 10;
/// … how long after the first that failed the second comes; the wait doubles …
pub const RULE_RETRY_MS: i64 = 30 * 60 * 1000;
/// … up to this.
pub const RULE_RETRY_MS_MAX: i64 = 24 * 60 * 60 * 1000;
/// Months that fired rules are remembered.
pub const FIRING_MONTHS: i32 = 6;
/// Days that a card is kept after its plan ended before it is disassembled, unless configured otherwise.
pub const RETENTION_DAYS: u32 = 90;
/// Cards that one purchase names.
pub const PURCHASE_CARDS_MAX: usize = 500;
/// Packages, or cards, of one purchase.
pub const PURCHASE_QUANTITY_MAX: i64 = 1_000_000;
/// Periods by which plans are renewed at once.
pub const RENEWAL_PERIODS_MAX: i64 = 120;
/// Cards renewed, or given their next plan, in one transaction.
pub const RENEWAL_CARDS_PER_STEP: i64 = 500;
/// How often ends of plans are looked for.
pub const PLAN_ENDS_INTERVAL_MS: i64 = 10 * 60 * 1000;
/// How long before its end a plan that renews itself is renewed, so that no card is stopped in between …
pub const RENEWAL_LEAD_MS: i64 = 24 * 60 * 60 * 1000;
/// … and how long after, should nobody have looked: a card that has been without a plan for longer is left to its owner.
pub const RENEWAL_LATE_MS_MAX: i64 = 31 * 24 * 60 * 60 * 1000;

/// Long scans waiting for the scan pool; more are refused with 503.
pub const SCANS_WAITING_MAX: usize = 256;

/// An order of one card that its carrier has not settled after this long is closed as failed (seed 4.1.2).
pub const ORDER_LIFE_MS: i64 = 30 * 60 * 1000;
/// The same for a card of an order of many, which may have to wait for its turn.
pub const BULK_ORDER_LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// The same operation on the same card is refused for this long (seed, GSL.00016016).
pub const ORDER_SPACING_MS: i64 = 5 * 60 * 1000;
/// When a carrier is asked again that does not suggest a time, …
pub const POLL_AFTER_MS: u64 = 5_000;
/// … and the longest time between two such questions.
pub const POLL_AFTER_MS_MAX: u64 = 60_000;
/// How often a carrier is asked about an order that was closed before it had answered.
pub const LOOK_AFTER_INTERVAL_MS: i64 = 5 * 60 * 1000;
/// Time that must be left of an attempt after a wait for the link: a call and a write.
pub const CALL_REMAINDER_MIN: Duration = Duration::from_secs(17);
/// Attempts at a card of an order that end without news before its job is parked.
pub const CARRY_ATTEMPTS_MAX: u32 = 60;
/// The longest wait between two such attempts.
pub const CARRY_WAIT_MS_MAX: i64 = 60_000;
/// How often overdue and forgotten orders are looked for.
pub const SWEEP_INTERVAL_MS: i64 = 60 * 1000;
/// Orders that one step of a sweep repairs.
pub const SWEEP_ROWS: i64 = 500;
/// Cards of one order of many.
pub const ORDER_CARDS_MAX: usize = 500;
/// Cards that one comparison with a carrier reads: what a carrier tells in one call.
pub const RECONCILED_CARDS: usize = 100;
/// Cards of one bulk order.
pub const BULK_CARDS_MAX: usize = 1_000_000;
/// Cards of a bulk order that begin in one transaction.
pub const BULK_CHUNK_CARDS: usize = 100;
/// A lane of a bulk order with at most so many cards under way begins the next chunk: with what that adds, as many are
/// under way at once.
pub const BULK_LANE_REFILL: i64 = 100;
/// Open cards of one order that a person's decision reaches at once: more than all lanes have together.
pub const DECIDED_CARDS_MAX: i64 = 50_000;
/// Cards that a forecast names for each reason.
pub const FORECAST_CARDS_NAMED: usize = 100;
/// Reasons of failure that an order's progress names.
pub const FAILURES_COUNTED: i64 = 20;
/// Characters of a filter that names the cards of an order.
pub const FILTER_CHARS_MAX: usize = 4_096;
/// Orders of a card that its diagnosis looks at.
pub const DIAGNOSED_ORDERS: i64 = 50;
/// How long events of carriers are remembered, to know repetitions by.
pub const CARRIER_EVENT_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Cards of one text message.
pub const SMS_CARDS_MAX: usize = 10_000;
/// A text message that has not arrived after this long has failed.
pub const SMS_LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a live query of a card may take before the client is told that it failed.
pub const LIVE_QUERY_MS_MAX: u64 = 10_000;

/// Rounds of one [`settle`](crate::background::Background::settle): jobs, then what carriers tell, then jobs again.
pub const SETTLE_ROUNDS_MAX: u64 = 10_000;
/// How far a sandbox's clock moves at once.
pub const CLOCK_STEP_MS_MAX: i64 = 366 * 24 * 60 * 60 * 1000;

/// How long an order may take, of one card or of many.
pub const fn order_life_ms(single: bool) -> i64 {
    if single { ORDER_LIFE_MS } else { BULK_ORDER_LIFE_MS }
}
