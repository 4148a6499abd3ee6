//! What the stage `server` compiles: something of each crate that it asks for.

use axum::{Json, Router, routing::get};
use clap::Parser;
use serde::Serialize;

#[derive(Parser)]
struct Options {
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
}

#[derive(Serialize)]
struct Answer {
    words: usize,
}

async fn words() -> Json<Answer> {
    let words = regex::Regex::new(r"\w+").map(|word| word.find_iter("one two three").count());
    Json(Answer { words: words.unwrap_or_default() })
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(Options::parse().listen).await?;
    axum::serve(listener, Router::new().route("/", get(words))).await
}
