//! What a verification costs. Run with `cargo test --release -p simlink-signing --test speed -- --ignored --nocapture`.

use std::{hint::black_box, time::Instant};

use simlink_signing::{Algorithm, Authorization, Request, SignedHeaders, sign, verify};

const ROUNDS: u32 = 200_000;
const LIMIT_US: f64 = 25.0;

#[test]
#[ignore = "a measurement, meaningful in release builds only"]
fn cost_of_a_typical_get() {
    // A GET with five signed headers and a short query stays far below the cost of answering it.
    let headers: &[(&str, &str)] = &[
        ("content-type", "application/json"),
        ("host", "gsl.example.test:8443"),
        ("user-agent", "huaweicloud-usdk-python/3.0"),
        ("x-project-id", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        ("x-sdk-date", "20240115T033655Z"),
    ];
    let query = "limit=100&offset=1&real_named=false&tag_id=9";
    let request = Request { method: "GET", raw_path: "/v1/sim-cards", raw_query: query, headers, body: b"" };
    let list = SignedHeaders::parse("content-type;host;user-agent;x-project-id;x-sdk-date").unwrap();
    let secret_key = b"SKtestSKtestSKtestSKtestSKtestSKtest0001";
    for algorithm in [Algorithm::HmacSha256, Algorithm::HmacSm3] {
        let header = sign(&request, algorithm, "AKTESTTESTTESTTEST01", secret_key, list).unwrap();
        let start = Instant::now();
        for _ in 0..ROUNDS {
            let authorization = Authorization::parse(black_box(&header)).unwrap();
            assert_eq!(verify(black_box(&request), &authorization, secret_key), Ok(()));
        }
        let cost_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
        println!("{}: {cost_us:.2} us per parse and verify", algorithm.name());
        assert!(cost_us < LIMIT_US, "{cost_us:.2} us");
    }
}
