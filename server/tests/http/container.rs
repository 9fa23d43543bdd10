//! The real server with its private PostgreSQL as process 1 of a PID namespace, as in a container without an init.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, geteuid},
};

use crate::{
    runtime::eventually,
    server_process::{ServerProcess, serve},
};

/// A process as the machine sees it.
#[derive(Debug)]
struct Process {
    id: i32,
    /// Its number in the innermost namespace.
    inner_id: i32,
    is_zombie: bool,
}

/// The processes of a PID namespace.
fn processes(namespace: &Path) -> Vec<Process> {
    let ids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let inside = |id: &i32| fs::read_link(format!("/proc/{id}/ns/pid")).is_ok_and(|found| found == namespace);
    let read = |id: i32| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        Some(Process {
            id,
            inner_id: field("NSpid:")?.split_whitespace().last()?.parse().ok()?,
            is_zombie: field("State:")?.starts_with('Z'),
        })
    };
    // A zombie has no namespace any more, but its parent has: its entry still tells the numbers.
    ids.filter_map(|id| read(id).filter(|process| inside(&id) || process.is_zombie && is_nested(id))).collect()
}

fn is_nested(id: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("NSpid:") && line.split_whitespace().count() > 2)
}

/// The process ID in `postmaster.pid`, as the server's namespace counts.
fn postmaster(data: &Path) -> Option<i32> {
    fs::read_to_string(data.join("postgres/postmaster.pid")).ok()?.lines().next()?.parse().ok()
}

/// What the server answers; empty where it does not.
fn said(address: &str, path: &str) -> String {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().unwrap_or_default()
}

#[test]
fn as_process_1_it_reaps_a_killed_postgres_and_starts_it_again() {
    let folder = tempfile::Builder::new().prefix("portal-redirects-pid1").tempdir().unwrap();
    let data: PathBuf = folder.path().join("data");
    if geteuid().is_root() {
        // PostgreSQL's user has to get there.
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let server = serve(&["--data-dir", data.to_str().unwrap(), "--metrics-listen", "off"]);
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
    if !geteuid().is_root() {
        command.args(["--user", "--map-current-user"]);
    }
    command.arg(server.get_program()).args(server.get_args()).stderr(Stdio::piped());
    for (variable, value) in server.get_envs() {
        assert!(value.is_none(), "a variable is only removed");
        command.env_remove(variable);
    }
    let mut process = ServerProcess::start(&mut command);
    let Some(address) = process.output.iter().find_map(|line| Some(line.split_once("ready: http://")?.1.to_owned())) else {
        let mut log = String::new();
        process.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        panic!("this test needs a PID namespace of its own: run it as root, or allow user namespaces. unshare or the server said: {log}");
    };

    let child = fs::read_to_string(format!("/proc/{0}/task/{0}/children", process.child.id())).unwrap();
    let init: i32 = child.split_whitespace().next().unwrap().parse().unwrap();
    let namespace = fs::read_link(format!("/proc/{init}/ns/pid")).unwrap();
    let first = postmaster(&data).unwrap();
    let found = processes(&namespace);
    assert!(found.iter().any(|process| process.id == init && process.inner_id == 1), "{found:?}");
    let postgres = found.iter().find(|process| process.inner_id == first).unwrap_or_else(|| panic!("{first}: {found:?}"));

    kill(Pid::from_raw(postgres.id), Signal::SIGKILL).unwrap();
    eventually(|| postmaster(&data).is_some_and(|id| id != first) && said(&address, "/readyz").ends_with("\r\n\r\nready\n"));
    eventually(|| processes(&namespace).iter().all(|process| !process.is_zombie));

    // A stop reaches the server, and PostgreSQL stops with it.
    kill(Pid::from_raw(init), Signal::SIGTERM).unwrap();
    assert_eq!(process.child.wait().unwrap().code(), Some(0));
    assert_eq!(postmaster(&data), None, "PostgreSQL has stopped in order");
}
