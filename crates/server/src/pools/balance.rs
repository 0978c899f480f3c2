//! What the members of a pool make of it, as pure functions: how many are active, and the flow that they bring.

use std::collections::BTreeSet;

use crate::limits;
use crate::plans::cycle::{Cycle, StartDay};

/// What counts of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// 10, 11, 13, 14, 20 or 30.
    pub sim_status: u8,
    /// When its plan began, with its activation or the cycle after that, epoch milliseconds.
    pub act_ms: Option<i64>,
    /// The purchase it came with.
    pub order_id: Option<i64>,
    /// Bytes of a cycle that its plan has.
    pub flow_total: i64,
    /// When its plan was stopped for good, epoch milliseconds.
    pub stop_ms: Option<i64>,
}

impl Member {
    /// Disassembled.
    fn is_gone(&self) -> bool {
        self.sim_status == 30
    }

    /// In use or stopped: it has been activated.
    fn is_active(&self) -> bool {
        matches!(self.sim_status, 14 | 20)
    }

    /// Whether its plan's flow is part of the pool in a cycle: from the cycle in which it was activated; once
    /// disassembled, only in cycles that had ended by then.
    fn brings_flow(&self, cycle: Cycle, now_ms: i64) -> bool {
        let activated = self.act_ms.is_some_and(|act_ms| act_ms < cycle.end_ms);
        let gone_by = self.stop_ms.map(|stop_ms| stop_ms.min(now_ms));
        let still_there =
            self.is_active() || (self.is_gone() && gone_by.is_some_and(|gone| cycle.end_ms <= gone));
        activated && still_there
    }
}

/// What all members of a pool come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// All members.
    pub quantity: i64,
    /// Those in use or stopped.
    pub activated: i64,
    /// Those disassembled.
    pub disassembled: i64,
    /// Bytes that the members' plans have, for each of the cycles asked about.
    pub flow_totals: Vec<i64>,
    orders: BTreeSet<i64>,
}

impl Membership {
    /// Of nobody, for so many cycles.
    pub fn new(cycles: usize) -> Self {
        Self { flow_totals: vec![0; cycles], ..Self::default() }
    }

    /// Counts one more member in.
    pub fn add(&mut self, member: &Member, cycles: &[Cycle], now_ms: i64) {
        self.quantity += 1;
        self.activated += i64::from(member.is_active());
        self.disassembled += i64::from(member.is_gone());
        self.orders.extend(member.order_id);
        for (total, cycle) in self.flow_totals.iter_mut().zip(cycles) {
            if member.brings_flow(*cycle, now_ms) {
                *total += member.flow_total;
            }
        }
    }

    /// Members that were never in use.
    pub fn inactive(&self) -> i64 {
        self.quantity - self.activated - self.disassembled
    }

    /// The purchases that the pool is made of, separated by commas: as many whole ids as the contract has room for.
    pub fn order_ids(&self) -> String {
        let mut list = String::new();
        for order in &self.orders {
            let order = order.to_string();
            if list.len() + 1 + order.len() > limits::POOL_ORDER_IDS_CHARS_MAX {
                break;
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(&order);
        }
        list
    }
}

/// The cycle that runs and those before it, newest first, each as `start_day` of the pool's carrier cuts it.
pub fn last_cycles(now_ms: i64, start_day: StartDay) -> Vec<Cycle> {
    let running = Cycle::at(now_ms, start_day);
    (0..limits::CYCLES_SHOWN).map(|back| Cycle::named(running.month.plus(-back), start_day)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::cycle::Month;

    const NOW_MS: i64 = 1_705_289_815_000;
    const DAY_MS: i64 = 86_400_000;

    fn january() -> Cycle {
        Cycle::named(Month::parse("2024-01").unwrap(), StartDay::of_carrier(1))
    }

    fn december() -> Cycle {
        Cycle::named(Month::parse("2023-12").unwrap(), StartDay::of_carrier(1))
    }

    /// Shows for every state whether a member's flow counts in the running and in the last cycle.
    #[test]
    fn active_members_bring_their_flow() {
        let long_ago = Some(NOW_MS - 100 * DAY_MS);
        let cases = [
            (20, long_ago, None, [30, 30]),
            (14, long_ago, None, [30, 30]),
            (20, Some(january().start_ms), None, [30, 0]),
            (20, Some(january().start_ms - 1), None, [30, 30]),
            (20, Some(january().end_ms), None, [0, 0]),
            (20, None, None, [0, 0]),
            (10, None, None, [0, 0]),
            (11, long_ago, None, [0, 0]),
            (13, None, None, [0, 0]),
            (30, long_ago, None, [0, 0]),
            (30, long_ago, Some(january().start_ms - 1), [0, 0]),
            (30, long_ago, Some(january().start_ms), [0, 30]),
            // A plan may be paid for longer than its card lives.
            (30, long_ago, Some(NOW_MS + 400 * DAY_MS), [0, 30]),
        ];
        for (sim_status, act_ms, stop_ms, expected) in cases {
            let member = Member { sim_status, act_ms, order_id: None, flow_total: 30, stop_ms };
            let mut membership = Membership::new(2);
            membership.add(&member, &[january(), december()], NOW_MS);
            assert_eq!(membership.flow_totals, expected, "{member:?}");
        }
    }

    /// Shows the counts by activation, which add up, and the list of orders within its bound.
    #[test]
    fn members_are_counted() {
        let mut membership = Membership::new(0);
        for (sim_status, order_id) in
            [(10, Some(9)), (11, Some(9)), (13, None), (14, Some(7)), (20, Some(10)), (30, None)]
        {
            let member = Member { sim_status, act_ms: None, order_id, flow_total: 0, stop_ms: None };
            membership.add(&member, &[], NOW_MS);
        }
        let counts =
            (membership.quantity, membership.activated, membership.inactive(), membership.disassembled);
        assert_eq!(counts, (6, 2, 3, 1));
        assert_eq!(membership.order_ids(), "7,9,10");
        membership.orders = (1_000_000..1_000_100).collect();
        assert_eq!(membership.order_ids().len(), 399);
        assert_eq!(Membership::default().order_ids(), "");
    }

    /// Shows the six cycles over a new year and after Unicom's cut.
    #[test]
    fn six_cycles_are_shown() {
        let names = |at: &str, carrier| -> Vec<i32> {
            let now_ms = at.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            last_cycles(now_ms, StartDay::of_carrier(carrier))
                .iter()
                .map(|cycle| cycle.month.yyyymm())
                .collect()
        };
        assert_eq!(names("2024-01-15T00:00:00Z", 1), [202_401, 202_312, 202_311, 202_310, 202_309, 202_308]);
        assert_eq!(names("2024-01-28T00:00:00Z", 3)[0], 202_402);
        assert_eq!(names("2024-01-28T00:00:00Z", 2)[0], 202_401);
    }
}
