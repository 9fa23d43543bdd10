//! What is taken, what is refused, and that nothing secret is said.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::*;

fn parsed(url: &str) -> DatabaseUrl {
    DatabaseUrl::parse(url, "DATABASE_URL").unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// The message about a URL that is refused. It never contains what is secret in these tests.
fn refused(url: &str) -> String {
    let error = DatabaseUrl::parse(url, "DATABASE_URL").err().unwrap_or_else(|| panic!("{url} is taken"));
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.contains("DATABASE_URL") && !text.contains("s3cret"), "{text}");
    }
    error.to_string()
}

fn only(url: &str) -> PgConnectOptions {
    let mut all = parsed(url).options();
    assert_eq!(all.len(), 1, "{url}");
    all.remove(0)
}

/// The hosts as sqlx connects to them.
fn places(url: &str) -> Vec<String> {
    let place = |options: &PgConnectOptions| match options.get_socket() {
        Some(socket) => format!("{} {}", socket.display(), options.get_port()),
        None => format!("{} {}", options.get_host(), options.get_port()),
    };
    parsed(url).options().iter().map(place).collect()
}

#[test]
fn every_part_of_a_url_is_read() {
    for scheme in ["postgres", "postgresql", "POSTGRES"] {
        let options = only(&format!("{scheme}://ana%40x:p%2Fw@db.example.com:6543/my%20db?application_name=mine"));
        assert_eq!((options.get_host(), options.get_port()), ("db.example.com", 6543));
        assert_eq!((options.get_username(), options.get_database()), ("ana@x", Some("my db")));
        assert_eq!(options.get_application_name(), Some("mine"));
    }
    let options = only("postgres://h?user=u&password=p&dbname=d&port=7&options=-c%20statement_timeout%3D5s&options[lock_timeout]=2s");
    assert_eq!((options.get_username(), options.get_database(), options.get_port()), ("u", Some("d"), 7));
    assert_eq!(options.get_options(), Some("-c statement_timeout=5s -c lock_timeout=2s"));
    assert_eq!(only("postgres://u@h/d").get_application_name(), Some("portal-redirects"));
}

#[test]
fn hosts_are_names_addresses_and_sockets() {
    for (url, expected) in [
        ("postgres://u@[::1]:5433/d", "::1 5433"),
        ("postgres://u@[2001:db8::7]/d", "2001:db8::7 5432"),
        ("postgres://u@127.0.0.1/d", "127.0.0.1 5432"),
        ("postgres://u@/d?host=/var/run/postgresql", "/var/run/postgresql 5432"),
        ("postgres://u@localhost:6/d?host=%2Fvar%2Frun%2Fpostgresql", "/var/run/postgresql 6"),
        ("postgres://u@%2Fvar%2Frun%2Fpostgresql:6/d", "/var/run/postgresql 6"),
        ("postgres://u@/d?host=::1&port=8", "::1 8"),
        ("postgres://u@a/d?hostaddr=10.0.0.1", "10.0.0.1 5432"),
    ] {
        assert_eq!(places(url), [expected], "{url}");
    }
    let several = places("postgres://u:p@h1:5432,[::1]:5433,%2Ftmp/db?target_session_attrs=read-write");
    assert_eq!(several, ["h1 5432", "::1 5433", "/tmp 5432"]);
    assert_eq!(places("postgres:///d?host=a,b&port=7"), ["a 7", "b 7"]);
    assert_eq!(places("postgres:///d?host=a,b&port=7,8"), ["a 7", "b 8"]);
    assert_eq!(places("postgres://x:9/d?host=a,b"), ["a 9", "b 9"]);
    // Without a host it is PGHOST, a local socket or localhost, as ever.
    assert_eq!(places("postgres:///d"), [format!("{} 5432", PgConnectOptions::new_without_pgpass().get_host())]);
}

#[test]
fn of_several_hosts_the_one_that_takes_writes_is_wanted() {
    let wanted = |url: &str| parsed(url).target_session();
    assert_eq!(wanted("postgres://a/d"), TargetSession::Any);
    assert_eq!(wanted("postgres://a,b/d"), TargetSession::ReadWrite);
    assert_eq!(wanted("postgres://a,b/d?target_session_attrs=any"), TargetSession::Any);
    assert_eq!(wanted("postgres://a/d?target_session_attrs=primary"), TargetSession::Primary);
    assert!(refused("postgres://a/d?target_session_attrs=standby").contains("It is any, read-write or primary"));
}

#[test]
fn a_wrong_url_is_refused_with_its_mistake_and_without_a_value() {
    for (url, expected) in [
        ("", "is not a PostgreSQL URL"),
        ("s3cret", "is not a PostgreSQL URL"),
        ("host=a password=s3cret", "is not a PostgreSQL URL"),
        ("mysql://u:s3cret@h/d", "has the scheme mysql://"),
        ("postgres://u:s3cret@h:port/d", "has a port that is not a number"),
        ("postgres://u:s3cret/x@h/d", "percent-encode them"),
        ("postgres://u:s3cret@h:0/d", "has a port"),
        ("postgres://u:s3cret@h:65536/d", "has a port"),
        ("postgres://u:s3cret@::1:5432/d", "Put an IPv6 address in brackets"),
        ("postgres://u:s3cret@[::1/d", "has a host that is not valid"),
        ("postgres://u:s3cret@[127.0.0.1]/d", "has a host that is not valid"),
        ("postgres://u:s3cret@h h/d", "has a host that is not valid"),
        ("postgres://u:s3cret%@h/d", "has a password that is not percent-encoded correctly"),
        ("postgres://u:s3cret%zz@h/d", "has a password that is not percent-encoded correctly"),
        ("postgres://u:s3cret%ff@h/d", "has a password that is not percent-encoded correctly"),
        ("postgres://u:s3cret@h/d%00", "has a database that is not percent-encoded correctly"),
        ("postgres://u@h/d?password=s3cret%2", "has a password that is not percent-encoded correctly"),
        ("postgres://u@h/d?sslpassword=s3cret", "has the parameter sslpassword, which is not supported"),
        ("postgres://u@h/d?password=a&s3cret", "has a parameter without \"=\""),
        ("postgres://u@h/d?password=a&%20s3cret=1", "has a parameter with an unusual name"),
        ("postgres://u@h/d?channel_binding=require", "has the parameter channel_binding"),
        ("postgres://u:s3cret@h/d?sslmode=s3cret", "has a sslmode that is not valid. It is disable,"),
        ("postgres://u@h/d?connect_timeout=s3cret", "has a connect_timeout that is not valid"),
        ("postgres://u@h/d?statement-cache-capacity=s3cret", "has a statement-cache-capacity that is not valid"),
        ("postgres://u@h/d?port=s3cret", "has a port"),
        ("postgres://u@h/d?hostaddr=s3cret", "has a hostaddr that is not valid"),
        ("postgres://u@h/d?host=a,b,c&port=1,2", "has 2 ports for 3 hosts"),
        ("postgres://u:s3cret@h/d?sslcert=/dev/null", "has only one of sslcert and sslkey"),
        ("postgres://u:s3cret@h/d?sslrootcert=/nowhere/ca.pem", "sslrootcert that can't be read: /nowhere/ca.pem: No such file"),
        ("postgres://u:s3cret@h/d?sslrootcert=/tmp", "sslrootcert that can't be read: /tmp: Is a directory"),
        ("postgres://u:s3cret@h/d?sslcert=/dev/null&sslkey=/nowhere/key", "sslkey that can't be read: /nowhere/key"),
    ] {
        let message = refused(url);
        assert!(message.contains(expected), "{url}: {message}");
    }
}

#[test]
fn a_password_is_in_no_debug_output() {
    let url = parsed("postgres://u:s3cret@h/d?options=-c%20my.key%3Ds3cret");
    assert!(!format!("{url:?}").contains("s3cret"), "{url:?}");
    assert!(url.is_in("invalid value for parameter \"my.key\": \"s3cret\""));
    assert!(!url.is_in("role \"u\" does not exist"));
}

#[test]
fn certificates_are_checked_as_libpq_does() {
    let mode = |url: &str| only(url).get_ssl_mode();
    assert!(matches!(mode("postgres://h/d?sslmode=prefer"), PgSslMode::Prefer));
    assert!(matches!(mode("postgres://h/d?sslrootcert=system"), PgSslMode::VerifyFull));
    assert!(matches!(mode("postgres://h/d?sslmode=verify-full&sslrootcert=system"), PgSslMode::VerifyFull));
    assert!(matches!(mode("postgres://h/d?sslmode=require"), PgSslMode::Require));
    assert!(matches!(mode("postgres://h/d?sslmode=require&sslrootcert=/dev/null"), PgSslMode::VerifyCa));
    assert!(matches!(mode("postgres://%2Ftmp/d?sslmode=require"), PgSslMode::Disable), "no TLS on a socket");
    for weak in ["disable", "prefer", "require", "verify-ca"] {
        let message = refused(&format!("postgres://u:s3cret@h/d?sslmode={weak}&sslrootcert=system"));
        assert!(message.contains("With sslrootcert=system it is verify-full"), "{message}");
    }
}

#[test]
fn several_hosts_are_given_up_sooner_than_one() {
    let limit = |url: &str| parsed(url).connect_timeout();
    assert_eq!((limit("postgres://a/d"), limit("postgres://a,b/d")), (Duration::from_secs(15), Duration::from_secs(5)));
    assert_eq!(limit("postgres://a,b/d?connect_timeout=2"), Duration::from_secs(2));
    assert_eq!(limit("postgres://a/d?connect_timeout=0"), Duration::from_secs(15));
}

#[test]
fn libpq_gets_the_same_from_its_environment() {
    let environment = |url: &str| parsed(url).libpq_environment();
    let url = "postgres://u:s3cret@[::1]:5433,h2/d?sslmode=verify-full&sslrootcert=system&options=-c%20a.b%3D1";
    let expected = [
        ("PGHOST", "::1,h2"),
        ("PGPORT", "5433,"),
        ("PGUSER", "u"),
        ("PGPASSWORD", "s3cret"),
        ("PGDATABASE", "d"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLROOTCERT", "system"),
        ("PGTARGETSESSIONATTRS", "read-write"),
        ("PGCONNECT_TIMEOUT", "5"),
        ("PGAPPNAME", "portal-redirects"),
        ("PGOPTIONS", "-c a.b=1"),
    ];
    // Where the system has them in one file, it is that.
    let told: Vec<_> = environment(url)
        .into_iter()
        .map(|(name, value)| (name, if name == "PGSSLROOTCERT" && value.starts_with('/') { "system".to_owned() } else { value }))
        .collect();
    assert_eq!(told, expected.map(|(name, value)| (name, value.to_owned())));
    assert!(environment("postgres://h/d?sslmode=verify-full").iter().any(|(name, _)| *name == "PGSSLROOTCERT"));
    assert!(environment("postgres://h/d?target_session_attrs=primary").contains(&("PGTARGETSESSIONATTRS", "read-write".to_owned())));
    let names: Vec<&str> = environment("postgres:///").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["PGCONNECT_TIMEOUT", "PGAPPNAME"], "everything else is taken from the environment, as by sqlx");
    let socket = DatabaseUrl::of_socket(std::path::Path::new("/data/run"), "u", "d").libpq_environment();
    assert_eq!(socket[..2], [("PGHOST", "/data/run".to_owned()), ("PGPORT", "5432".to_owned())]);
}
