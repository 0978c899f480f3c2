//! Reads at the carriers what cards used: each night the day before and once more the two before that, of which some
//! was late; and a day of a card whenever its carrier says that there is news.
//!
//! A night's reading of a day is received like a file: its id is its place among the words on the day, its lines are the
//! cards in the order of their ids, and after a crash it goes on where it stood.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use simlink_carriers::{CardRef, Lane, ReadError, UsagePeriod, UsageReading};
use simlink_db::{DbError, Tx};
use simlink_jobs::{Context, HandlerResult, Job, Outcome};

use super::fold::Line;
use super::freshness;
use super::receive::{self, Terms};
use super::store::{self, ReceivedFile};
use crate::engine::Engine;
use crate::limits;
use crate::plans::cycle::{StartDay, business_date, number_of_day};
use crate::sims::store::{self as sims_store, AskedCard};
use crate::southbound::CarrierLink;

/// Who the change log names as the actor.
const ACTOR: &str = "carrier";

/// What a reading is about.
struct Reading<'a> {
    engine: &'a Engine,
    link: &'a CarrierLink,
    day: Date,
    /// What makes it the same reading when it is begun again.
    name: String,
    /// One card; otherwise all that the link leads to.
    only: Option<i64>,
}

/// Why a reading stops before its end.
enum Stopped {
    /// The link lets nothing through before this time, epoch milliseconds.
    Until(i64),
    /// The carrier does not say.
    Unread(String),
    /// The process stops.
    Stopping,
}

/// The job of a link: without a payload the night's, otherwise of a card and a day.
pub async fn read(engine: Arc<Engine>, link: Arc<CarrierLink>, job: Job, context: Context) -> HandlerResult {
    let now_ms = context.now_ms();
    let today = business_date(now_ms);
    let name = link.link.name();
    let mut readings = Vec::new();
    if job.payload.is_empty() {
        for back in (1..=limits::USAGE_PULL_DAYS).rev() {
            let day = today.checked_sub(Span::new().days(back))?;
            let name = format!("{name}: {day} as of {today}");
            readings.push(Reading { engine: &engine, link: &link, day, name, only: None });
        }
    } else if let Some((card, day)) = card_and_day(&job.payload) {
        let earliest = today.checked_sub(limits::USAGE_MONTHS_BACK.months())?;
        if (earliest..=today).contains(&day) {
            let name = format!("{name}: {day} of {card}, job {} {}", job.claim.job_id, job.claim.attempt);
            readings.push(Reading { engine: &engine, link: &link, day, name, only: Some(card) });
        }
    }
    for reading in readings {
        match reading.run(&context).await? {
            Ok(()) => {}
            Err(Stopped::Until(at_ms)) => return Ok(Outcome::Again { at_ms }),
            Err(Stopped::Stopping) => return Ok(Outcome::Again { at_ms: now_ms }),
            Err(Stopped::Unread(reason)) => return Ok(Outcome::Retry { after_ms: None, reason }),
        }
    }
    Ok(Outcome::Done)
}

/// A card and a day of a payload such as `7,20220916`.
fn card_and_day(payload: &str) -> Option<(i64, Date)> {
    let (card, date) = payload.split_once(',')?;
    let date: i32 = date.parse().ok()?;
    let (month, day) = (i8::try_from(date / 100 % 100).ok()?, i8::try_from(date % 100).ok()?);
    Some((card.parse().ok()?, Date::new(i16::try_from(date / 10_000).ok()?, month, day).ok()?))
}

impl Reading<'_> {
    /// Reads on from where it stands to its end.
    async fn run(
        &self,
        context: &Context,
    ) -> Result<Result<(), Stopped>, Box<dyn std::error::Error + Send + Sync>> {
        let (name, now_ms) = (self.name.clone(), context.now_ms());
        let begin = move |tx: &mut Tx<'_>| store::receive(tx, &name, 0, ACTOR, now_ms);
        let mut file = self.engine.db.write(begin).await?;
        while file.finished_ms.is_none() {
            if context.is_stopping() {
                return Ok(Err(Stopped::Stopping));
            }
            let cards = self.next_cards(file).await?;
            let read = match self.ask(&cards).await {
                Ok(read) => read,
                Err(ReadError::NotSent(not_sent)) => return Ok(Err(Stopped::Until(not_sent.retry_at_ms))),
                Err(error) => return Ok(Err(Stopped::Unread(error.to_string()))),
            };
            file = self.write(file, &cards, read, context.now_ms()).await?;
            self.engine.follower.nudge();
            context.extend().await?;
        }
        Ok(Ok(()))
    }

    async fn next_cards(&self, file: ReceivedFile) -> Result<Vec<AskedCard>, DbError> {
        let carriers = self.engine.links.carriers_of(self.link);
        if carriers.is_empty() {
            return Ok(Vec::new());
        }
        let (count, only) = (self.link.link.capabilities().cards_per_read, self.only);
        let after = i64::try_from(file.line_done).unwrap_or(i64::MAX);
        self.engine.db.read(move |tx| sims_store::of_carriers(tx, &carriers, after, only, count)).await
    }

    async fn ask(&self, cards: &[AskedCard]) -> Result<Vec<UsageReading>, ReadError> {
        if cards.is_empty() {
            return Ok(Vec::new());
        }
        let cards: Vec<CardRef> = cards.iter().map(|asked| asked.at_carrier.clone()).collect();
        self.link.link.read_usage(Lane::Bulk, &cards, UsagePeriod::Day(self.day)).await
    }

    /// Writes what was read and moves the reading on; the last step finds no more cards.
    async fn write(
        &self,
        file: ReceivedFile,
        cards: &[AskedCard],
        read: Vec<UsageReading>,
        now_ms: i64,
    ) -> Result<ReceivedFile, DbError> {
        let lines = lines(cards, &read, number_of_day(self.day));
        let done = cards.last().map(|asked| number(asked.card.sim_card_id));
        let (terms, is_of_all) = (Terms::new(ACTOR, now_ms), self.only.is_none());
        let work = move |tx: &mut Tx<'_>| {
            store::take_turn(tx)?;
            let (line_done, finished_ms) = match done {
                Some(line_done) => (line_done, None),
                None => (file.line_done, Some(now_ms)),
            };
            if !store::advance(tx, file.usage_file_id, file.line_done, line_done, finished_ms)? {
                return store::find(tx, file.usage_file_id);
            }
            receive::apply(tx, file.usage_file_id, &lines, &terms)?;
            if is_of_all {
                freshness::note(tx, &lines, now_ms)?;
            }
            Ok::<_, DbError>(ReceivedFile { line_done, finished_ms, ..file })
        };
        self.engine.db.write_bulk(work).await
    }
}

fn number(sim_card_id: i64) -> u64 {
    u64::try_from(sim_card_id).unwrap_or(0)
}

/// What was read as lines, in the order of the cards. A card of which the carrier does not say anything has none: it
/// is asked again in the next nights.
fn lines(cards: &[AskedCard], read: &[UsageReading], date: i32) -> Vec<Line> {
    let figures: HashMap<&str, i64> = read
        .iter()
        .filter_map(|reading| {
            let figure = reading.figure.as_ref().ok()?;
            Some((reading.iccid.as_str(), i64::try_from(figure.bytes).ok()?))
        })
        .collect();
    let line = |asked: &AskedCard| {
        Some(Line {
            number: number(asked.card.sim_card_id),
            account: asked.card.account,
            sim_card_id: asked.card.sim_card_id,
            date,
            bytes: *figures.get(asked.at_carrier.iccid.as_str())?,
            start_day: StartDay::of_carrier(asked.card.carrier),
            network: asked.card.network,
            carrier: u16::try_from(asked.card.carrier).unwrap_or(0),
        })
    };
    cards.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use simlink_carriers::{Reason, UsageFigure};
    use simlink_fleet::AccountId;

    use super::*;
    use crate::sims::store::NamedCard;

    /// Shows that a payload names a card and a day, and that nonsense names none.
    #[test]
    fn payloads_name_a_card_and_a_day() {
        assert_eq!(card_and_day("7,20240229"), Some((7, date(2024, 2, 29))));
        for payload in ["7,20230229", "7", "7,", ",20240229", "a,b", "7,99999999999"] {
            assert_eq!(card_and_day(payload), None, "{payload}");
        }
    }

    /// Shows that readings come in any order, and that refused, missing, strange and absurd ones say nothing.
    #[test]
    fn readings_become_lines() {
        let asked = |sim_card_id: i64| AskedCard {
            card: NamedCard { sim_card_id, account: AccountId(1), carrier: 3, network: 0 },
            at_carrier: CardRef {
                iccid: format!("898600{sim_card_id:013}").parse().unwrap(),
                msisdn: None,
                imsi: None,
            },
        };
        let cards: Vec<AskedCard> = (1..=5).map(asked).collect();
        let read = |card: &AskedCard, bytes| UsageReading {
            iccid: card.at_carrier.iccid.clone(),
            figure: Ok(UsageFigure { bytes, as_of_ms: 0 }),
        };
        let refused = UsageReading { figure: Err(Reason::DataNotReady.into()), ..read(&cards[2], 0) };
        let all =
            [read(&cards[4], 0), read(&cards[0], 9), refused, read(&cards[1], u64::MAX), read(&asked(77), 5)];
        let found = lines(&cards, &all, 20_240_229);
        let found: Vec<_> =
            found.iter().map(|line| (line.number, line.date, line.bytes, line.cycle())).collect();
        assert_eq!(found, [(1, 20_240_229, 9, 202_403), (5, 20_240_229, 0, 202_403)]);
    }
}
