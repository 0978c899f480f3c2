//! A carrier in process: deterministic by its seed, on the injected clock, with every fault a knob.
//!
//! [`Network`] is the carrier itself, pure and synchronous; [`Simulator`] puts it behind the [`Carrier`] trait, writes
//! the journal file and delivers events.

mod effect;
mod journal;
mod knobs;
mod network;
mod usage;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

pub use self::journal::{Entry, Journal, JournalFile, KeyTally, Step, Tally};
pub use self::knobs::Knobs;
pub use self::network::{Exchange, Network};
use crate::{
    Answering, Capabilities, CardReading, CardRef, CardView, Carrier, CarrierEvent, Clock, EventSink, Iccid,
    Inquiry, Instruction, OrderKey, Outcome, ReadError, Reference, UnknownCause, UsagePeriod, UsageReading,
};

/// Whether latency is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Answers take their time, by tokio's clock.
    Real,
    /// Answers come at once: time is only what the injected clock says.
    Instant,
}

/// What the network knows of a card when it first hears of it.
pub type CardSource = Arc<dyn Fn(&Iccid) -> Option<CardView> + Send + Sync>;

/// The simulated carrier behind the [`Carrier`] trait.
pub struct Simulator {
    capabilities: Capabilities,
    clock: Clock,
    pace: Pace,
    sink: EventSink,
    network: Mutex<Network>,
    file: Option<Mutex<JournalFile>>,
    cards: Option<CardSource>,
}

impl Simulator {
    /// A carrier with those capabilities in front of `network`. Events go to `sink`.
    pub fn new(
        capabilities: Capabilities,
        network: Network,
        clock: Clock,
        pace: Pace,
        sink: EventSink,
    ) -> Self {
        Self { capabilities, clock, pace, sink, network: Mutex::new(network), file: None, cards: None }
    }

    /// The same, which also writes its journal to the file at `path`, on disk before an answer leaves.
    pub fn with_journal_file(mut self, path: &Path) -> std::io::Result<Self> {
        self.file = Some(Mutex::new(JournalFile::open(path)?));
        Ok(self)
    }

    /// The same, which asks `cards` for a card that it does not know yet.
    pub fn with_cards(mut self, cards: CardSource) -> Self {
        self.cards = Some(cards);
        self
    }

    /// The network itself: to add cards, turn knobs, look at cards and journal. Every call waits meanwhile.
    pub fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock()
    }

    /// Carries out what is due and delivers the events that are due; says how many. Events whose delivery is cut off
    /// are told again.
    ///
    /// # Errors
    /// The journal file cannot be written.
    pub async fn tick(&self) -> std::io::Result<usize> {
        let now_ms = (self.clock)();
        let events = self.locked(|network| network.tick(now_ms))?;
        let count = events.len();
        let mut untold = Untold { network: &self.network, events: events.clone() };
        self.deliver(events).await;
        untold.events.clear();
        Ok(count)
    }

    /// Asks what became of a write by its key alone.
    pub async fn inquire_key(&self, key: OrderKey) -> Inquiry {
        let broken = Inquiry::Known(Outcome::Unknown(UnknownCause::Broken));
        self.exchange(broken, |network, now_ms| network.inquire(now_ms, key)).await
    }

    /// Makes sure that the network has the cards that a call is about, as far as anybody knows them.
    fn meet<'a>(&self, cards: impl IntoIterator<Item = &'a CardRef>) {
        let Some(source) = &self.cards else { return };
        for card in cards {
            if self.network.lock().card(&card.iccid).is_none()
                && let Some(view) = source(&card.iccid)
            {
                let mut network = self.network.lock();
                if network.card(&card.iccid).is_none() {
                    network.put_card(card.iccid.clone(), view);
                }
            }
        }
    }

    /// Runs `work` and has its journal on disk before it returns.
    fn locked<T>(&self, work: impl FnOnce(&mut Network) -> T) -> std::io::Result<T> {
        let mut network = self.network.lock();
        let result = work(&mut network);
        if let Some(file) = &self.file {
            file.lock().append(&network.journal().take_unwritten())?;
        }
        Ok(result)
    }

    /// An exchange with the network: early events first, then the latency, then the answer.
    async fn exchange<T>(&self, lost: T, work: impl FnOnce(&mut Network, i64) -> Exchange<T>) -> T {
        let now_ms = (self.clock)();
        // A journal that cannot be written is a carrier that broke in the middle of its work.
        let Ok(Exchange { early, latency_ms, answer }) = self.locked(|network| work(network, now_ms)) else {
            return lost;
        };
        self.deliver(early).await;
        if self.pace == Pace::Real && latency_ms > 0 {
            tokio::time::sleep(Duration::from_millis(latency_ms)).await;
        }
        answer
    }

    async fn deliver(&self, events: Vec<CarrierEvent>) {
        if !events.is_empty() {
            (self.sink)(events).await;
        }
    }
}

/// Events on their way; those left when this is dropped go back to the network.
struct Untold<'a> {
    network: &'a Mutex<Network>,
    events: Vec<CarrierEvent>,
}

impl Drop for Untold<'_> {
    fn drop(&mut self) {
        if !self.events.is_empty() {
            self.network.lock().tell_again(std::mem::take(&mut self.events));
        }
    }
}

impl Carrier for Simulator {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn submit<'a>(&'a self, instruction: &'a Instruction) -> Answering<'a, Outcome> {
        self.meet([&instruction.card]);
        Box::pin(self.exchange(Outcome::Unknown(UnknownCause::Broken), |network, now_ms| {
            network.submit(now_ms, instruction)
        }))
    }

    fn inquire<'a>(
        &'a self,
        instruction: &'a Instruction,
        _reference: Option<&'a Reference>,
    ) -> Answering<'a, Inquiry> {
        Box::pin(self.inquire_key(instruction.key))
    }

    fn read_cards<'a>(&'a self, cards: &'a [CardRef]) -> Answering<'a, Result<Vec<CardReading>, ReadError>> {
        self.meet(cards);
        Box::pin(self.exchange(Err(ReadError::Unknown(UnknownCause::Broken)), |network, now_ms| {
            network.read_cards(now_ms, cards)
        }))
    }

    fn read_usage<'a>(
        &'a self,
        cards: &'a [CardRef],
        period: UsagePeriod,
    ) -> Answering<'a, Result<Vec<UsageReading>, ReadError>> {
        self.meet(cards);
        Box::pin(self.exchange(Err(ReadError::Unknown(UnknownCause::Broken)), move |network, now_ms| {
            network.read_usage(now_ms, cards, period)
        }))
    }
}
