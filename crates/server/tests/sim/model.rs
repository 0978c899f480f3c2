//! The reference model: what each card must be, by what the carriers' journals say was executed, in that order.
//!
//! It shares no code with the platform or the simulated network: one says what an operation does to a card in numbers
//! of the contract, the others do it their way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use simlink_carriers::simulator::{Entry, Step};
use simlink_carriers::{CardView, Operation, OrderKey};
use simlink_db::{DbError, Tx, params};

/// What carrier and platform must agree on about a card, in the contract's numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub status: i64,
    pub net_cut: bool,
    /// -1 is unlimited.
    pub threshold_mb: Option<i64>,
    pub speed_kbps: Option<i64>,
    pub imei: Option<String>,
    pub real_named: bool,
    pub network: Option<i64>,
    pub policy_id: Option<i64>,
}

impl Facts {
    /// As the platform has it.
    pub fn read(tx: &mut Tx<'_>, sim_card_id: i64) -> Result<Self, DbError> {
        tx.get(
            "SELECT sim_status, cut_net, exceed_cut_net_quota, speed_value, imei, real_named, online_carrier, \
             network_switch_policy_id FROM sim_card LEFT JOIN multi_sim USING (sim_card_id) WHERE sim_card_id = $1",
            params![sim_card_id],
            |row| {
                Ok(Self {
                    status: row.get(0)?,
                    net_cut: row.get(1)?,
                    threshold_mb: row.get(2)?,
                    speed_kbps: row.get(3)?,
                    imei: row.get(4)?,
                    real_named: row.get(5)?,
                    network: row.get(6)?,
                    policy_id: row.get(7)?,
                })
            },
        )
    }

    /// As the carrier has it.
    pub fn of_view(view: &CardView) -> Self {
        Self {
            status: view.status.number(),
            net_cut: view.net_cut,
            threshold_mb: view.threshold.map(|threshold| threshold.quota_mb.map_or(-1, i64::from)),
            speed_kbps: view.speed_kbps.map(i64::from),
            imei: view.imei.clone(),
            real_named: view.real_named == Some(true),
            network: view.network.map(|network| network as i64),
            policy_id: view.policy_id.and_then(|id| i64::try_from(id).ok()),
        }
    }

    /// An operation was executed.
    fn take(&mut self, operation: &Operation) {
        match operation {
            Operation::Stop => self.status = 14,
            Operation::Resume | Operation::Activate => self.status = 20,
            Operation::CutNet => self.net_cut = true,
            Operation::RestoreNet => self.net_cut = false,
            Operation::SetThreshold { quota_mb } => self.threshold_mb = Some(quota_mb.map_or(-1, i64::from)),
            Operation::CancelThreshold => self.threshold_mb = None,
            Operation::BindDevice { imei: Some(imei) } => self.imei = Some(imei.clone()),
            // The device that the card is in: the carrier knows which.
            Operation::BindDevice { imei: None } => {
                self.imei.get_or_insert_with(|| "490154203237518".to_owned());
            }
            Operation::ClearRealName => self.real_named = false,
            Operation::LimitSpeed { kbps } => self.speed_kbps = kbps.map(i64::from),
            Operation::SwitchNetwork { target } => self.network = Some(*target as i64),
            Operation::SetPolicy { policy } => {
                self.policy_id = Some(i64::try_from(policy.id).expect("a small id"));
            }
            Operation::SendSms { .. } => {}
        }
    }
}

/// Every card as it must be, and how often each key was executed.
#[derive(Debug, Default)]
pub struct Model {
    /// By the card's id.
    pub cards: BTreeMap<i64, Facts>,
    /// What was asked for, by the order's id.
    pub asked: BTreeMap<u64, Operation>,
    pub executed: BTreeMap<OrderKey, u64>,
    pub received: BTreeSet<OrderKey>,
    accepted: [VecDeque<OrderKey>; 4],
    /// Accepted writes that were executed before one accepted earlier.
    pub overtaken: u64,
    /// How often each step of the journals was seen.
    pub steps: BTreeMap<&'static str, u64>,
}

impl Model {
    /// Follows the journal of a link.
    pub fn follow(&mut self, link: usize, entries: &[Entry]) -> Result<(), String> {
        for entry in entries {
            let key = entry.key;
            let id = i64::try_from(key.card).map_err(|error| error.to_string())?;
            let card = self.cards.get_mut(&id).ok_or_else(|| format!("a carrier knows card {id}"))?;
            let name = match entry.step {
                Step::Received => "received",
                Step::Repeated => "repeated",
                Step::Refused(_) => "refused",
                Step::Accepted => "accepted",
                Step::Executed => "executed",
                Step::AnswerLost => "answer lost",
                Step::Drifted => "drifted",
            };
            *self.steps.entry(name).or_default() += 1;
            match entry.step {
                Step::Received => drop(self.received.insert(key)),
                // A carrier that had the write was not asked what became of it before it got it again.
                Step::Repeated => return Err(format!("I2: {key} was sent again without an inquiry")),
                Step::Accepted => self.accepted[link].push_back(key),
                Step::Executed => {
                    let operation = self
                        .asked
                        .get(&key.order)
                        .filter(|asked| asked.kind() == key.kind)
                        .ok_or_else(|| format!("I2: {key} was executed, which nobody asked for"))?;
                    card.take(operation);
                    let times = self.executed.entry(key).or_default();
                    *times += 1;
                    if *times > 1 {
                        return Err(format!("I2: {key} was executed {times} times"));
                    }
                    let place = self.accepted[link].iter().position(|accepted| *accepted == key);
                    if let Some(place) = place {
                        self.overtaken += u64::from(place > 0);
                        self.accepted[link].remove(place);
                    }
                }
                Step::Drifted => card.status = if card.status == 20 { 14 } else { 20 },
                Step::Refused(_) | Step::AnswerLost => {}
            }
        }
        Ok(())
    }
}
