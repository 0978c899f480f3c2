//! Prometheus metrics of the process.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::usage::freshness::Freshness;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    operation: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Carrier {
    carrier: u16,
}

/// The metrics and the registry that prints them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<Answer, Counter>,
    seconds: Histogram,
    connections: Family<Kind, Gauge>,
    cards: Gauge,
    follower_lag: Gauge,
    usage_as_of: Family<Carrier, Gauge>,
    usage_lag: Family<Carrier, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("simlink");
        let answers = Family::default();
        // From 20 µs, about what a detail costs, to 10 s.
        let seconds =
            Histogram::new([20e-6, 50e-6, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 0.1, 1.0, 10.0]);
        let (connections, cards, follower_lag) = (Family::default(), Gauge::default(), Gauge::default());
        registry.register("answers", "Answers by operation and status", answers.clone());
        registry.register("answer_seconds", "Time from header to answer", seconds.clone());
        registry.register("connections", "Connections by what became of them", connections.clone());
        registry.register("cards", "Cards in memory", cards.clone());
        registry.register(
            "follower_sequence",
            "The last change that the fleet has followed",
            follower_lag.clone(),
        );
        let (usage_as_of, usage_lag) = (Family::default(), Family::default());
        registry.register(
            "usage_as_of_seconds",
            "Up to which moment the usage of a carrier's cards is known, in seconds of the epoch",
            usage_as_of.clone(),
        );
        registry.register("usage_lag_seconds", "How long ago that moment was", usage_lag.clone());
        Self { registry, answers, seconds, connections, cards, follower_lag, usage_as_of, usage_lag }
    }
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, operation: &'static str, status: StatusCode, took: Duration) {
        self.answers.get_or_create(&Answer { operation, status: status.as_u16() }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Takes over up to which moment the usage of carriers' cards is known.
    pub fn usage_is(&self, known: &[Freshness], now_ms: i64) {
        for Freshness { carrier, as_of_ms } in known {
            let carrier = Carrier { carrier: *carrier };
            self.usage_as_of.get_or_create(&carrier).set(as_of_ms / 1000);
            self.usage_lag.get_or_create(&carrier).set((now_ms - as_of_ms).max(0) / 1000);
        }
    }

    /// The text that Prometheus reads.
    pub fn render(&self, app: &App) -> String {
        self.cards.set(
            i64::try_from(
                app.directory
                    .account_ids()
                    .into_iter()
                    .map(|account| app.fleet.read(account).count())
                    .sum::<u64>(),
            )
            .unwrap_or(i64::MAX),
        );
        self.follower_lag.set(app.follower.followed());
        for (kind, count) in app.listener_stats.counts() {
            self.connections.get_or_create(&Kind { kind }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}
