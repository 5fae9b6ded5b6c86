//! What the RED metrics are called: whole pages under both conventions, through axum and actix-web,
//! with a label of the layer's own.

#![allow(clippy::expect_used, reason = "tests: what can't go on fails the test")]

mod actix;
mod axum;
mod clients;
mod labels;
mod pages;
mod served;
