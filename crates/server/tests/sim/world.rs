//! The server under simulation: forty cards of two accounts over four carriers, a clock that stands, one thread.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use simlink::app::App;
use simlink::clock::Clock;
use simlink::config::{CarrierConfig, Config};
use simlink::iam::Vault;
use simlink::iam::store::{NewAccount, create_account};
use simlink::migrations::MIGRATIONS;
use simlink::randomness::Randomness;
use simlink::sims::import::CardImporter;
use simlink::work_orders::OrderCard;
use simlink::{files, import};
use simlink_carriers::simulator::{Knobs, Simulator};
use simlink_carriers::{CardStatus, CardView, Iccid, LinkLimits, MobileNetwork};
use simlink_db::{Tx, testing};
use simlink_fleet::AccountId;
use tempfile::TempDir;

use super::model::Facts;
use super::plan::{LINKS, Plan};

/// 2024-01-15T03:36:55Z
pub const NOW_MS: i64 = 1_705_289_815_000;
const CARDS: usize = 40;
const ACCOUNTS: [&str; 2] = ["acme", "rival"];

/// A database with accounts and cards, made once.
static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    // A runtime of its own: the first to ask stands in one already.
    let made = std::thread::spawn(|| runtime().block_on(image()));
    made.join().expect("the image is made")
});
static DATA_DIR: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a temporary directory"));

/// One thread, and timers that only move when nothing else can.
pub fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime")
}

/// A card at the beginning.
#[derive(Debug, Clone)]
pub struct Card {
    pub account: AccountId,
    pub order_card: OrderCard,
    pub iccid: Iccid,
    pub facts: Facts,
}

impl Card {
    /// The index of the link that leads to its carrier.
    pub fn link(&self) -> usize {
        usize::from(self.order_card.carrier - 1)
    }
}

/// The server and its carriers.
pub struct World {
    pub app: Arc<App>,
    pub simulators: [Arc<Simulator>; 4],
    pub cards: Vec<Card>,
}

impl World {
    pub async fn start(plan: &Plan) -> anyhow::Result<Self> {
        let db = testing::in_line(Some(IMAGE.as_slice()), plan.seed)?;
        let limits = LinkLimits {
            calls_per_second: plan.calls_per_second,
            burst: plan.calls_per_second.max(1_000 * u32::from(plan.calls_per_second == 0)),
            ..LinkLimits::default()
        };
        let carrier = |serves: Vec<u16>| CarrierConfig {
            serves,
            limits: limits.clone(),
            simulator: Some(Knobs::default()),
            ..CarrierConfig::default()
        };
        let carriers: BTreeMap<String, CarrierConfig> = LINKS
            .iter()
            .zip([vec![1], vec![2], vec![3], vec![]])
            .map(|(name, serves)| ((*name).to_owned(), carrier(serves)))
            .collect();
        let config = Config {
            data_dir: DATA_DIR.path().to_owned(),
            scan_threads: 1,
            migrate: false,
            // Every order here is one that the plan asks for.
            automation: false,
            carriers,
            ..Config::default()
        };
        let randomness = Randomness::seeded(plan.seed);
        let app = App::over(db, config, Clock::fixed(NOW_MS), randomness, |_| ()).await?;
        let simulators = LINKS.map(|name| {
            let link = app.engine.links.named(name).expect("it is configured");
            link.simulator.clone().expect("it is simulated")
        });
        let cards = app.db.read(cards).await?;
        for card in &cards {
            simulators[card.link()].network().put_card(card.iccid.clone(), card.facts.as_view());
        }
        Ok(Self { app, simulators, cards })
    }
}

async fn image() -> Vec<u8> {
    // Made here, so that no run draws it from its own randomness.
    Vault::open(&DATA_DIR.path().join("master.key"), &Randomness::seeded(0)).expect("a master key");
    let db = testing::in_line(None, 0).expect("memory");
    db.migrate(MIGRATIONS, NOW_MS).await.expect("the migrations fit");
    let work = |tx: &mut Tx<'_>| {
        for name in ACCOUNTS {
            let new = NewAccount { name, domain_id: name, frozen: false, projects: &[(name, "cn-north-4")] };
            create_account(tx, &new, NOW_MS, "test")?;
        }
        let mut importer = CardImporter::new(tx, "test", NOW_MS)?;
        let format = Some(files::Format::Csv);
        import::file(tx, &mut importer, file().as_bytes(), format, false, |_| ())?;
        Ok::<_, anyhow::Error>(())
    };
    db.write(work).await.expect("the cards are good");
    testing::image(&db).expect("an image")
}

/// The cards as a file: every fifth is one of three networks, most are in use or stopped.
fn file() -> String {
    let mut text =
        "account,sim_type,carrier,iccid,sim_status,operator_status,act_date,real_named,version,iccid_mobile,\
                    iccid_unicom,online_carrier\n"
            .to_owned();
    for number in 0..CARDS {
        let account = ACCOUNTS[usize::from(number % 4 == 3)];
        let status = [20, 20, 14, 20, 13, 11, 20, 14][number % 8];
        let cause = if status == 14 { "5" } else { "" };
        let multi = number % 5 == 4;
        let carrier = if multi { 1 + number / 5 % 3 } else { 1 + number / 8 % 4 };
        let active = if matches!(status, 14 | 20) { "2023-06-10 08:30:00" } else { "" };
        let real_named = number % 2 == 0 && carrier != 4;
        let line = format!("{account},3,{carrier},89861{number:014},{status},{cause},{active},{real_named}");
        let networks = match multi {
            true => format!("2,89862{number:014},89863{number:014},{}", if carrier == 3 { 3 } else { 1 }),
            false => ",,,".to_owned(),
        };
        writeln!(text, "{line},{networks}").expect("text takes text");
    }
    text
}

fn cards(tx: &mut Tx<'_>) -> anyhow::Result<Vec<Card>> {
    let sql =
        "SELECT sim_card_id, account_id, cid, sim_type, carrier, iccid FROM sim_card ORDER BY sim_card_id";
    let mut cards = tx.rows(sql, &[], |row| {
        let order_card = OrderCard {
            sim_card_id: row.get(0)?,
            cid: row.get(2)?,
            sim_type: row.get(3)?,
            carrier: row.get(4)?,
            refusal: None,
        };
        let iccid: String = row.get(5)?;
        let iccid = iccid.parse().expect("the file has good ones");
        Ok(Card { account: AccountId(row.get(1)?), order_card, iccid, facts: Facts::default() })
    })?;
    for card in &mut cards {
        card.facts = Facts::read(tx, card.order_card.sim_card_id)?;
    }
    Ok(cards)
}

impl Facts {
    /// The same as a carrier tells it.
    fn as_view(&self) -> CardView {
        let status = CardStatus::from_number(self.status).expect("a state of the contract");
        CardView {
            real_named: Some(self.real_named),
            imei: self.imei.clone(),
            network: self.network.and_then(MobileNetwork::from_number),
            policy_id: self.policy_id.and_then(|id| u64::try_from(id).ok()),
            ..CardView::new(status)
        }
    }
}
