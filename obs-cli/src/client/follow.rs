//! Lines as they are logged.

use std::{
    io::{BufRead as _, BufReader, Read},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{Body, ClientError, Console, Query, Transport, target::refusal};

/// The events that may wait for a reader.
const WAITING: usize = 256;
/// The most bytes of a row; longer ones are dropped.
const LONGEST_ROW: u64 = 1 << 20;
/// How long a console may be silent: it sends something every 10 seconds.
const SILENCE: Duration = Duration::from_secs(30);
/// The pauses before attempts to connect again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// What a follower sees.
#[derive(Debug)]
pub(crate) enum Event {
    /// A row.
    Row(Value),
    /// So many rows were dropped.
    Dropped(u64),
    /// The connection is lost, for this reason; there are attempts to connect again.
    Lost(String),
    /// It is there again; what was logged in between is missing.
    Back,
    /// It is over.
    End(ClientError),
}

/// The rows of a console as they come, read by a thread of its own, which ends after this is dropped.
#[derive(Debug)]
pub(crate) struct Follower {
    events: Receiver<Event>,
    transport: Transport,
    silence: Duration,
}

/// The thread's part.
struct Reader {
    console: Console,
    query: Query,
    events: SyncSender<Event>,
}

/// Nobody reads the events any more.
struct Gone;

// === impl Follower ===

impl Follower {
    /// Begins to follow the lines that pass the filter.
    ///
    /// # Errors
    ///
    /// If the console does not answer or refuses.
    pub(crate) fn start(console: &Console, query: &Query) -> Result<Self, ClientError> {
        Self::start_within(console, query, SILENCE)
    }

    pub(crate) fn start_within(console: &Console, query: &Query, silence: Duration) -> Result<Self, ClientError> {
        let (sender, events) = sync_channel(WAITING);
        let reader = Reader {
            console: console.clone(),
            query: query.clone().and("follow", "true"),
            events: sender,
        };
        let stream = reader.connect()?;
        thread::Builder::new()
            .name("obs-follow".to_owned())
            .spawn(move || {
                let _gone = reader.run(stream);
            })
            .map_err(|error| ClientError::Broken(console.mount().to_string(), error.to_string()))?;
        Ok(Self {
            events,
            transport: console.transport().clone(),
            silence,
        })
    }

    /// The next event; waits as long as it takes.
    pub(crate) fn next(&self) -> Option<Event> {
        loop {
            match self.events.recv_timeout(self.silence) {
                Ok(event) => return Some(event),
                // A connection that is dead says nothing: the reader waits for ever unless it is told.
                Err(RecvTimeoutError::Timeout) => self.transport.abort(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.transport.abort();
    }
}

// === impl Reader ===

impl Reader {
    fn connect(&self) -> Result<impl Read + Send + use<>, ClientError> {
        let address = self.console.api(&["lines"]);
        let transport = self.console.transport();
        let answer = transport.stream(&address, &self.query)?;
        if answer.status().is_success() {
            return Ok(answer.into_reader());
        }
        let body = Body::read(answer, &address, LONGEST_ROW)?;
        let url = self.console.mount();
        let other = || {
            ClientError::NotOurs(
                url.to_string(),
                format!("an answer with status {}", body.status.as_u16()),
            )
        };
        Err(refusal(&body, url, transport.has_token()).unwrap_or_else(other))
    }

    fn run(&self, first: impl Read + Send) -> Result<(), Gone> {
        let mut why = self.read(first)?;
        loop {
            self.send(Event::Lost(why))?;
            let Some(stream) = self.connect_again()? else {
                return Ok(());
            };
            self.send(Event::Back)?;
            why = self.read(stream)?;
        }
    }

    /// Tries until it works; `None` if it never will.
    fn connect_again(&self) -> Result<Option<impl Read + Send + use<>>, Gone> {
        let mut pauses = PAUSES.iter();
        let mut pause = PAUSES[0];
        loop {
            pause = pauses.next().copied().unwrap_or(pause);
            thread::sleep(pause);
            match self.connect() {
                Ok(stream) => return Ok(Some(stream)),
                Err(error) if error.may_pass() => {}
                Err(error) => {
                    self.send(Event::End(error))?;
                    return Ok(None);
                }
            }
        }
    }

    /// Reads rows until the stream ends; returns why it did.
    fn read(&self, stream: impl Read) -> Result<String, Gone> {
        let mut stream = BufReader::new(stream);
        let mut row = Vec::new();
        loop {
            row.clear();
            match stream.by_ref().take(LONGEST_ROW).read_until(b'\n', &mut row) {
                Ok(0) => return Ok("the service has ended the connection".to_owned()),
                Ok(_) if row.ends_with(b"\n") => self.row(&row)?,
                Ok(read) if read as u64 == LONGEST_ROW => {
                    self.send(Event::Dropped(1))?;
                    if let Err(error) = skip_row(&mut stream) {
                        return Ok(error.to_string());
                    }
                }
                // Cut in the middle; the next read says why.
                Ok(_) => {}
                Err(error) => return Ok(error.to_string()),
            }
        }
    }

    fn row(&self, row: &[u8]) -> Result<(), Gone> {
        let Ok(value) = serde_json::from_slice::<Value>(row) else {
            return self.send(Event::Dropped(1));
        };
        match value["event"].as_str() {
            None => self.send(Event::Row(value)),
            Some("dropped") => self.send(Event::Dropped(value["count"].as_u64().unwrap_or(1))),
            Some(_) => Ok(()),
        }
    }

    fn send(&self, event: Event) -> Result<(), Gone> {
        self.events.send(event).map_err(|_| Gone)
    }
}

/// Reads over the rest of a row.
fn skip_row(stream: &mut impl std::io::BufRead) -> std::io::Result<()> {
    loop {
        let bytes = stream.fill_buf()?;
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            let length = bytes.len();
            if length == 0 {
                return Ok(());
            }
            stream.consume(length);
            continue;
        };
        stream.consume(end + 1);
        return Ok(());
    }
}
