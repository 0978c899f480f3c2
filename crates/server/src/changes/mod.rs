//! The change log, the spine of the house: whatever changes a row that others follow records it here, in the same
//! transaction, through [`record`]. The memory of the process follows it in [`follow`]; whoever must see each change
//! exactly once reads it in order up to the horizon of the [`feed`].

pub mod entries;
pub mod feed;
pub mod follow;
pub mod list;
mod stream;
pub mod sweep;

use std::fmt::Display;

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use crate::limits;

pub use feed::Feed;
pub use follow::Follower;

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Accounts and their projects.
    Account,
    /// Users, their access keys and tokens.
    User,
    /// Cards and whatever belongs to one card.
    SimCard,
    /// Plans of the catalogue.
    PricePlan,
    /// Traffic pools.
    SimPool,
    /// Tags.
    Tag,
    /// Custom attributes.
    Attribute,
    /// Network switch policies.
    Policy,
    /// Work orders.
    WorkOrder,
    /// Text messages.
    SmsMessage,
    /// Endpoints that are told of changes.
    Webhook,
    /// Purchase orders.
    PurchaseOrder,
}

/// The names of the subjects, as the feed takes them.
const SUBJECT_NAMES: &[&str] = &{
    let mut names = [""; Subject::ALL.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = Subject::ALL[index].1;
        index += 1;
    }
    names
};

impl Subject {
    const ALL: [(Self, &'static str); 12] = [
        (Self::Account, "account"),
        (Self::User, "user"),
        (Self::SimCard, "sim_card"),
        (Self::PricePlan, "price_plan"),
        (Self::SimPool, "sim_pool"),
        (Self::Tag, "tag"),
        (Self::Attribute, "attribute"),
        (Self::Policy, "policy"),
        (Self::WorkOrder, "work_order"),
        (Self::SmsMessage, "sms_message"),
        (Self::Webhook, "webhook"),
        (Self::PurchaseOrder, "purchase_order"),
    ];

    /// Its name in the log.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(subject, _)| *subject == self).map_or("", |(_, name)| name)
    }

    /// Whether something of it is held in memory; the others are read from the database whenever they are asked for.
    fn is_held(self) -> bool {
        !matches!(
            self,
            Self::SimPool
                | Self::Attribute
                | Self::WorkOrder
                | Self::SmsMessage
                | Self::PurchaseOrder
                | Self::Webhook
        )
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(subject, _)| *subject)
    }
}

/// A change on its way into the log.
#[derive(Debug)]
pub struct Change<'a, Id> {
    /// The account it belongs to; `None` where it belongs to all, as a plan does.
    pub account: Option<AccountId>,
    /// What it is about.
    pub subject: Subject,
    /// Which ones: one id, or those of a piece of bulk work.
    pub ids: &'a [Id],
    /// What happened, in one word.
    pub kind: &'static str,
    /// Old and new values as JSON, where somebody will want to know.
    pub detail: Option<&'a str>,
    /// Who did it: a user's id, or the name of a command or rule.
    pub actor: &'a str,
    /// When, in epoch milliseconds.
    pub now_ms: i64,
}

/// Writes a change into the log: the only door. Bulk work writes one row a chunk of [`limits::CARDS_PER_CHANGE`] ids.
///
/// # Errors
/// Those of the database.
pub fn record<Id: Display>(tx: &mut Tx<'_>, change: &Change<'_, Id>) -> Result<(), DbError> {
    record_all(tx, std::slice::from_ref(change))
}

/// Writes several changes as [`record`] does, in their order.
///
/// # Errors
/// Those of the database.
pub fn record_all<Id: Display>(tx: &mut Tx<'_>, changes: &[Change<'_, Id>]) -> Result<(), DbError> {
    let origin = tx.note();
    for change in changes {
        for ids in change.ids.chunks(limits::CARDS_PER_CHANGE) {
            let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            tx.append_later(
                "change_log",
                "sequence, transaction_id, account_id, subject, subject_ids, kind, detail, actor, created_ms, \
                 origin",
                params![
                    change.account.map(|account| account.0),
                    change.subject.name(),
                    ids.as_str(),
                    change.kind,
                    change.detail,
                    change.actor,
                    change.now_ms,
                    origin.as_deref()
                ],
            )?;
        }
    }
    Ok(())
}
