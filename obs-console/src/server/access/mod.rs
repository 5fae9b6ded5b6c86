//! Who may use the console.
//!
//! Each request passes two checks. Where it comes from ([`origin`]): its host must be a name of this machine, an address
//! or an allowed name, and its origin the console itself, so that no page of another site can use the console through a
//! browser that reaches it. Who sends it ([`Access::rights`]): where no token is set, only clients of this machine;
//! otherwise whoever shows a token, or the cookie that it was exchanged for.

mod cookie;
mod host;
mod once;
mod origin;
mod rights;
mod session;

pub(crate) use cookie::Cookie;
pub(crate) use host::is_host;
pub(crate) use rights::Access;
