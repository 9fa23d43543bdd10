//! Reads a settings file and plans what it would change.

use std::{io::Read, path::Path};

use app::manifest::{Action, Format, InstanceSettings, Manifest, OriginMap, file::MAX_FILE_BYTES, map_origins};

use super::{
    backend::{Backend, Planned},
    failure::{Failure, say},
    flags::FileFlags,
};

/// What a file would change.
#[derive(Debug)]
pub(super) struct Plan {
    /// The name of the file, for errors.
    pub(super) name: String,
    /// What was read.
    pub(super) manifest: Manifest,
    /// What becomes of each instance, by slug. Those that are archived come last.
    pub(super) planned: Vec<Planned>,
}

impl Plan {
    /// Those that change.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Planned> {
        self.planned.iter().filter(|planned| planned.action != Action::Same)
    }

    /// How many instances stay as they are.
    pub(super) fn unchanged(&self) -> usize {
        self.planned.len() - self.changes().count()
    }
}

/// Reads the file, before anything is asked of the backend.
pub(super) fn read(flags: &FileFlags) -> Result<(String, Manifest), Failure> {
    let name = if flags.file == "-" { "standard input".to_owned() } else { flags.file.clone() };
    let mut bytes = Vec::new();
    // One byte more, to see that there is more.
    let limit = MAX_FILE_BYTES as u64 + 1;
    let read = if flags.file == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(&flags.file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::Usage(format!("can't read {name}: {error}")))?;
    let format = match Path::new(&flags.file).extension().and_then(|extension| extension.to_str()) {
        Some("json") => Some(Format::Json),
        Some("yaml" | "yml") => Some(Format::Yaml),
        _ => None,
    };
    match Manifest::parse(&bytes, format) {
        Ok(manifest) => Ok((name, manifest)),
        Err(errors) => Err(Failure::File(name, errors)),
    }
}

/// Plans what a file would change. With `prunes`, instances that are not in it are archived.
pub(super) async fn plan(
    backend: &Backend,
    (name, manifest): (String, Manifest),
    maps: &[OriginMap],
    prunes: bool,
) -> Result<Plan, Failure> {
    if prunes && manifest.instances().is_empty() {
        return Err(Failure::Usage("the file has no instances, so --prune would archive all of them".to_owned()));
    }
    let wanted: Vec<(String, InstanceSettings)> =
        manifest.instances().iter().map(|(slug, settings)| (slug.clone(), map_origins(settings, maps))).collect();
    for map in maps.iter().filter(|map| !manifest.instances().values().any(|settings| map.is_in(settings))) {
        say(&format!("portal-redirects: --map: nothing in the file has the origin {}", map.from()));
    }
    let (mut planned, mut errors) = (Vec::with_capacity(wanted.len()), Vec::new());
    for result in backend.plan(&wanted).await? {
        match result {
            Ok(change) => planned.push(change),
            Err((slug, wrong)) => errors.extend(wrong.into_iter().map(|error| manifest.error_of(&slug, error))),
        }
    }
    if !errors.is_empty() {
        return Err(Failure::File(name, errors));
    }
    if prunes {
        planned.extend(backend.plan_pruning(|slug| manifest.instances().contains_key(slug)).await?);
    }
    Ok(Plan { name, manifest, planned })
}
