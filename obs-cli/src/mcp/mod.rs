//! The command `obs mcp`: a server of the Model Context Protocol on standard input and output, which lets assistants ask
//! a console. It only reads: the console's controls are not among its tools.
//!
//! The protocol's part that a server of tools needs is small: `initialize`, `ping`, `tools/list`, `tools/call`, as
//! JSON-RPC 2.0, one message on each line.

mod ask;
mod message;
mod server;
mod tools;

#[cfg(test)]
mod tests;

use std::io;

use self::{ask::Asker, server::Server};
use super::{
    client::{Address, Token},
    console_args::McpArgs,
    outcome::{Outcome, Verdict},
};

/// Serves until standard input ends.
///
/// # Errors
///
/// If the arguments are wrong, or standard input or output fails. A console that does not answer is an error of the
/// single call: the service may be there for the next one.
pub(super) fn run(args: &McpArgs) -> Outcome {
    let address = Address::parse(&args.console.url)?;
    let token = Token::find(args.console.token.token_file.as_deref())?;
    Server::new(Asker::new(address, token)).serve(io::stdin().lock(), io::stdout())?;
    Ok(Verdict::Well)
}
