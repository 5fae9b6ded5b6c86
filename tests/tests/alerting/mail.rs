//! Mail, against a server that speaks as much SMTP as it takes.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use obs_alert::{AlertManager, AlertRule, Channel, Condition, Email, EmailSecurity, Severity};
use obs_core::metrics::Registry;
use obs_tests::DEADLINE;

/// Answers one client; returns the lines of its mail.
fn serve(stream: TcpStream) -> Vec<String> {
    let mut reader = BufReader::new(stream);
    let (mut lines, mut is_mail) = (Vec::new(), false);
    writeln!(reader.get_mut(), "220 mail\r").unwrap();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return lines;
        }
        let line = line.trim_end().to_owned();
        let answer = match (is_mail, line.as_str()) {
            (true, ".") => {
                is_mail = false;
                "250 taken"
            }
            (true, _) => {
                lines.push(line);
                continue;
            }
            (false, "DATA") => {
                is_mail = true;
                "354 go on"
            }
            (false, "QUIT") => "221 bye",
            (false, _) => {
                lines.push(line);
                "250 ok"
            }
        };
        writeln!(reader.get_mut(), "{answer}\r").unwrap();
    }
}

#[test]
fn an_alert_is_mailed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mail) = mpsc::channel();
    thread::spawn(move || sender.send(serve(listener.accept().unwrap().0)));
    let email = Email::new("127.0.0.1", "obs@example.com", ["Oncall <oncall@example.com>"])
        .security(EmailSecurity::None)
        .port(port);
    let condition = Condition::custom(|| Ok::<_, std::io::Error>(true));
    let rule = AlertRule::new(
        "QueueStuck",
        condition,
        Severity::Critical,
        "nothing leaves\r\nBcc: all@example.com",
    );
    let rule = rule.runbook_url("https://runbooks.example.com/queuestuck");
    let builder = AlertManager::builder().registry(&Registry::new()).rule(rule);
    let manager = builder.channel(Channel::email(email)).build().unwrap();
    manager.evaluate(manager.now());
    assert!(manager.flush(DEADLINE));
    let mail = mail.recv_timeout(DEADLINE).unwrap();
    assert!(mail.contains(&"RCPT TO:<oncall@example.com>".to_owned()), "{mail:#?}");
    assert!(
        mail.iter()
            .any(|line| line.starts_with("Subject: [FIRING:1] QueueStuck (critical):")),
        "{mail:#?}"
    );
    let head: Vec<_> = mail.iter().take_while(|line| !line.is_empty()).collect();
    assert!(!head.iter().any(|line| line.starts_with("Bcc")), "{mail:#?}");
    assert!(
        mail.iter()
            .any(|line| line.contains("runbook_url: https://runbooks.example.com/queuestuck")),
        "{mail:#?}"
    );
}

#[test]
fn a_mail_server_that_makes_no_sense_is_refused() {
    let refused = [
        (
            Email::new("", "a@example.com", ["b@example.com"]),
            "it names no mail server",
        ),
        (Email::new("mail", "a@example.com", [""; 0]), "it names no recipient"),
        (
            Email::new("mail", "nobody", ["b@example.com"]),
            "\"nobody\" is no mail address",
        ),
        (
            Email::new("mail", "a@example.com", ["b@example.com"])
                .security(EmailSecurity::None)
                .credentials("u", "p"),
            "credentials without encryption",
        ),
    ];
    for (email, expected) in refused {
        let builder = AlertManager::builder()
            .registry(&Registry::new())
            .channel(Channel::email(email));
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
