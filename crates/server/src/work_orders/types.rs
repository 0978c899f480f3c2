//! The numbers of the contract: types, sources and states of work orders (seed 4.9).

use simlink_carriers::{Lane, OperationKind};

use crate::error_codes::ErrorCode;
use crate::http::error::Wording;
use crate::http::language::Language;
use crate::iam::Caller;

/// `status` of a work order.
pub mod status {
    /// Waits for the operator's approval.
    pub const IN_REVIEW: i64 = 1;
    /// Approved, not begun.
    pub const REVIEWED: i64 = 2;
    /// Under way.
    pub const PROCESSING: i64 = 3;
    /// Every card has ended, at least one well.
    pub const DONE: i64 = 4;
    /// Taken back before anything was sent.
    pub const CANCELLED: i64 = 5;
    /// Every card has ended, none well.
    pub const FAILED: i64 = 6;
    /// The operator did not approve.
    pub const REJECTED: i64 = 7;
}

/// How far a card of an order is; stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The order waits for approval, or is held.
    HeldBack = 0,
    /// Another order on the card is under way.
    Waiting = 1,
    /// A job carries it.
    UnderWay = 2,
    /// It has ended.
    Ended = 3,
    /// It was closed before the carrier said what became of it: the carrier is still asked, for the card's sake.
    Unsettled = 4,
}

impl Stage {
    /// The stage of a stored number; the column has a CHECK.
    pub fn of_number(number: i64) -> Self {
        match number {
            0 => Self::HeldBack,
            1 => Self::Waiting,
            2 => Self::UnderWay,
            4 => Self::Unsettled,
            _ => Self::Ended,
        }
    }
}

/// `work_order_type` of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderType(pub u8);

impl OrderType {
    /// The type of an order of one card.
    pub const fn of_one_card(kind: OperationKind) -> Self {
        Self(match kind {
            OperationKind::Resume => 4,
            OperationKind::Stop => 5,
            OperationKind::Activate => 10,
            OperationKind::CutNet => 11,
            OperationKind::SetThreshold => 12,
            OperationKind::BindDevice => 13,
            OperationKind::ClearRealName => 14,
            OperationKind::LimitSpeed => 15,
            OperationKind::RestoreNet => 20,
            OperationKind::CancelThreshold => 21,
            OperationKind::SwitchNetwork => 24,
            OperationKind::SetPolicy => 25,
            // Messages are no orders: the table refuses the number.
            OperationKind::SendSms => 0,
        })
    }

    /// The type of an order of many cards; operations without a type of their own for that keep the single one.
    pub const fn of_many_cards(kind: OperationKind) -> Self {
        Self(match kind {
            OperationKind::Activate => 1,
            OperationKind::Resume => 6,
            OperationKind::Stop => 7,
            OperationKind::BindDevice => 17,
            OperationKind::SetThreshold => 19,
            OperationKind::CancelThreshold => 22,
            other => return Self::of_one_card(other),
        })
    }
}

/// What refuses a second order of a kind while one is open. The contract has a code of its own for three kinds; the
/// others are told that they repeat too soon, which names the same way out: wait.
pub const fn open_code(kind: OperationKind) -> ErrorCode {
    match kind {
        OperationKind::Stop => ErrorCode::StopOpen,
        OperationKind::Resume => ErrorCode::ResumeOpen,
        OperationKind::Activate => ErrorCode::ActivationOpen,
        _ => ErrorCode::RepeatedTooSoon,
    }
}

/// Why a card of many failed, in words that hold for each of them.
pub fn reason(code: ErrorCode, language: Language) -> String {
    let (text, unactivatable) = (code.text(), Wording { zh: "不可激活", en: "not activatable" });
    let template = Wording { zh: text.zh, en: text.en }.text(language);
    template.replace("{0}", unactivatable.text(language))
}

/// Who asked for an order: `work_order_source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The operator.
    Operator = 1,
    /// A person in the console.
    Console = 2,
    /// A rule of the account's.
    Rule = 3,
    /// A back pool's new cycle.
    BackPool = 4,
    /// A card without flow.
    OutOfFlow = 5,
    /// A plan that ended.
    Expired = 6,
    /// A pool without flow.
    Pool = 7,
    /// A program.
    Api = 8,
}

impl Source {
    /// Of an order that this caller places.
    pub const fn of(caller: &Caller) -> Self {
        if caller.in_console { Self::Console } else { Self::Api }
    }

    /// `work_order_source_desc` of a stored number.
    pub const fn description(number: u8) -> Wording {
        match number {
            1 => Wording { zh: "运营人员生成", en: "Created by the operator" },
            2 => Wording { zh: "用户操作生成(console)", en: "Created by the user (console)" },
            3 => Wording { zh: "自动化规则生成", en: "Created by an automation rule" },
            4 => Wording {
                zh: "后向流量池超阈值停用次月自动复机任务",
                en: "Resumption of a back pool in the month after its threshold",
            },
            5 => Wording { zh: "单卡没流量停机定时任务", en: "Stop of a card without flow" },
            6 => Wording { zh: "SIM卡到期自动停机定时任务", en: "Stop of an expired card" },
            7 => Wording { zh: "流量池停机定时任务", en: "Stop of a pool" },
            _ => Wording { zh: "用户操作生成(api)", en: "Created by the user (api)" },
        }
    }

    /// Whether a person or a program of theirs repeats itself too soon: the five-minute rule is for them.
    pub const fn is_spaced(self) -> bool {
        matches!(self, Self::Operator | Self::Console | Self::Api)
    }
}

/// Which lane an order takes to the carrier: orders of many cards leave room for those of one.
pub const fn lane(single: bool) -> Lane {
    if single { Lane::Interactive } else { Lane::Bulk }
}
