//! Collectors on bare sockets, which do what no HTTP server would.

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

/// What is wrong with a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: it takes what it gets.
    None,
    /// Nobody listens.
    Absent,
    /// Accepts, and hangs up.
    HangsUp,
    /// Accepts, and never reads.
    Deaf,
    /// Reads, and never answers.
    Silent,
    /// Answers with this status, and with seconds to wait.
    Refuses(u16, Option<u32>),
    /// Answers in another language.
    Garbage,
    /// Answers a head that announces more than ever comes.
    Stalls,
}

/// A collector on a port of 127.0.0.1.
#[derive(Debug)]
pub(crate) struct Collector {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    fault: Fault,
    requests: AtomicUsize,
    stopped: AtomicBool,
    /// Kept open, and closed at the end.
    connections: Mutex<Vec<TcpStream>>,
}

// === impl Fault ===

impl Fault {
    /// Every way to misbehave.
    pub(crate) const ALL: [Self; 10] = [
        Self::Absent,
        Self::HangsUp,
        Self::Deaf,
        Self::Silent,
        Self::Refuses(401, None),
        Self::Refuses(429, Some(30)),
        Self::Refuses(503, Some(1)),
        Self::Refuses(503, None),
        Self::Garbage,
        Self::Stalls,
    ];
}

// === impl Collector ===

impl Collector {
    pub(crate) fn start(fault: Fault) -> Self {
        Self::start_at(fault, "127.0.0.1:0".parse().expect("an address"))
    }

    /// Starts where another one was, or would have been.
    pub(crate) fn start_at(fault: Fault, addr: SocketAddr) -> Self {
        let listener = TcpListener::bind(addr).expect("a free port on loopback");
        let addr = listener.local_addr().expect("a bound socket");
        let shared = Arc::new(Shared {
            fault,
            requests: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        if fault == Fault::Absent {
            return Self {
                addr,
                shared,
                accepting: None,
            };
        }
        let of_thread = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &of_thread));
        Self {
            addr,
            shared,
            accepting: Some(accepting),
        }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Whole requests that came so far.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(SeqCst)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.shared.stopped.store(true, SeqCst);
        for connection in self
            .shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            // The other side may have closed it.
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
        if let Some(accepting) = self.accepting.take() {
            // Wakes it; the result doesn't matter.
            let _ = TcpStream::connect(self.addr);
            accepting.join().expect("the collector has no reason to panic");
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming().map_while(Result::ok) {
        if shared.stopped.load(SeqCst) {
            return;
        }
        if shared.fault == Fault::HangsUp {
            continue;
        }
        let Ok(kept) = connection.try_clone() else { continue };
        shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(kept);
        if shared.fault == Fault::Deaf {
            continue;
        }
        let shared = Arc::clone(shared);
        // A connection that breaks off is the other side's affair.
        thread::spawn(move || drop(serve(connection, &shared)));
    }
}

fn serve(mut connection: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    loop {
        read_request(&mut reader)?;
        shared.requests.fetch_add(1, SeqCst);
        let answer = match shared.fault {
            Fault::Silent | Fault::Deaf | Fault::Absent | Fault::HangsUp => continue,
            Fault::None => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(),
            Fault::Refuses(status, wait) => {
                let mut answer = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n");
                if let Some(seconds) = wait {
                    write!(answer, "retry-after: {seconds}\r\n").expect("a string takes all");
                }
                answer + "\r\n"
            }
            Fault::Garbage => "\u{1}\u{7f}SSH-2.0-nonsense\r\n\r\n".to_owned(),
            Fault::Stalls => "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf".to_owned(),
        };
        connection.write_all(answer.as_bytes())?;
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    reader.read_exact(&mut vec![0; length])
}
