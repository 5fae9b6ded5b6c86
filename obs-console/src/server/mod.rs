//! Requests and responses of the console, without a framework.
//!
//! [`Server::admit`] decides by the head of a request alone: the host and the origin, who asks, and what for. Only what it
//! admits has its body read, up to the limit of its route. Answers are made on a thread of the console's own, which starts
//! with the first of them.

mod access;
mod admitted;
mod api;
mod assets;
mod body;
mod controls;
mod decide;
mod followers;
mod forms;
mod intake;
mod login;
mod making;
mod pages;
mod receiving;
mod reply;
mod request;
mod response;
mod route;
mod share;
mod state;
mod worker;

pub(crate) use access::{Access, is_host};
pub(crate) use intake::Gate;
pub(crate) use state::Server;

pub use admitted::Admitted;
pub use body::{ConsoleBody, Follower};
pub use request::ConsoleRequest;
pub use response::ConsoleResponse;
pub use route::split_mount;
