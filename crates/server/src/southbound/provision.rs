//! What a simulated network knows of a card: what the fleet knows of it, when the network first hears of the card.

use std::sync::{Arc, Weak};

use simlink_carriers::simulator::CardSource;
use simlink_carriers::{CardStatus, CardView, MobileNetwork, Threshold};
use simlink_fleet::CardRef;

use crate::app::State;

/// Finds cards in the fleet by their ICCID.
pub fn cards_of_fleet(state: &Arc<State>) -> CardSource {
    // The state reaches the links that hold this: it must not be held by them in turn.
    let state: Weak<State> = Arc::downgrade(state);
    Arc::new(move |iccid| {
        let state = state.upgrade()?;
        state.directory.account_ids().into_iter().find_map(|account| {
            let reader = state.fleet.read(account);
            view(reader.by_iccid(iccid.as_str())?)
        })
    })
}

fn view(card: CardRef<'_>) -> Option<CardView> {
    let status = CardStatus::from_number(i64::from(card.sim_status()))?;
    let quota = card.exceed_cut_net_quota();
    let positive = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    let multi = card.multi();
    Some(CardView {
        real_named: Some(card.real_named()),
        net_cut: card.cut_net(),
        threshold: quota.map(|quota| Threshold { quota_mb: positive(Some(quota)) }),
        speed_kbps: positive(card.speed_value()),
        imei: card.imei().map(str::to_owned),
        network: multi.and_then(|multi| MobileNetwork::from_number(i64::from(multi.online_carrier))),
        policy_id: multi.and_then(|multi| u64::try_from(multi.policy_id?).ok()),
        ..CardView::new(status)
    })
}
