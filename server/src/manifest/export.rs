//! `portal-redirects export`: writes instances to standard output, page by page, so that it takes no more memory for more of them.

use std::{
    io::{self, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

use app::manifest::Writer;

use super::{backend::Backend, failure::Failure, flags::ExportFlags};
use crate::config::Config;

pub(super) async fn export(flags: &ExportFlags, config: &Config) -> Result<ExitCode, Failure> {
    let backend = Backend::open(&flags.server, config).await?;
    match write(&backend, flags, BufWriter::with_capacity(1 << 16, io::stdout())).await {
        // Whoever reads it has seen enough.
        Err(WriteError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(WriteError::Output(error)) => Err(error.into()),
        Err(WriteError::Failure(failure)) => Err(failure),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

enum WriteError {
    Output(io::Error),
    Failure(Failure),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

async fn write(backend: &Backend, flags: &ExportFlags, output: impl Write) -> Result<(), WriteError> {
    if flags.instances.is_empty() {
        let mut page = backend.page("").await?;
        let mut writer = Writer::begin(output, flags.format.into(), backend.schema_url())?;
        while let Some(last) = page.last() {
            let after = last.slug.clone();
            for instance in &page {
                writer.instance(&instance.slug, &instance.domain, &instance.settings)?;
            }
            page = backend.page(&after).await?;
        }
        return Ok(writer.end()?);
    }
    let mut slugs = flags.instances.clone();
    slugs.sort_unstable();
    slugs.dedup();
    let mut found = backend.find(&slugs).await?;
    found.sort_by(|one, other| one.slug.cmp(&other.slug));
    for slug in &slugs {
        if found.iter().all(|instance| instance.slug != *slug) {
            return Err(Failure::Usage(format!("there is no instance {slug:?}; use its slug from the dashboard's URL")).into());
        }
    }
    let mut writer = Writer::begin(output, flags.format.into(), backend.schema_url())?;
    for instance in &found {
        writer.instance(&instance.slug, &instance.domain, &instance.settings)?;
    }
    Ok(writer.end()?)
}
