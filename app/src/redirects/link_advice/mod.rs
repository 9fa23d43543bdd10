//! What looks like a mistake in a direct link, and the link without it. Preview, the bulk check and the command line all say this.

mod corrected;
mod param;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use percent_encoding::percent_decode;

use self::param::{Param, decoded_name};
use super::{
    DirectLink, Flow, Instance, LinkParams, Prefill, Timestamp,
    fragment::all_pairs,
    misspelling::{is_tracking, meant},
    not_a_link::cut,
    parameter_advice::parameter_advice,
};

/// What there is to say about a direct link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkAdvice {
    /// What looks like a mistake and how to fix it, in one or two sentences each.
    pub mistakes: Vec<String>,
    /// Facts that are not mistakes: who has wrapped the link, and what is ignored.
    pub notes: Vec<String>,
    /// The link without its mistakes, or without what it was wrapped in. `None` if nothing would change.
    pub corrected: Option<String>,
}

/// How many ignored or misspelled parameters are named.
const MAX_NAMED: usize = 8;

/// The parameters of a link while they are read.
#[derive(Debug, Default)]
struct Reading {
    advice: LinkAdvice,
    params: Vec<Param>,
    /// What is kept in the corrected link although the portal ignores it.
    ignored: Vec<String>,
    is_fixed: bool,
}

impl DirectLink {
    /// What there is to say about the link at that time. Without a time, allowed origins that expire don't count.
    pub fn advice(&self, instance: &Instance, now: Option<Timestamp>) -> LinkAdvice {
        let mut reading = Reading::default();
        if !self.wrappers.is_empty() {
            let names: Vec<_> = self.wrappers.iter().map(ToString::to_string).collect();
            reading.advice.notes.push(format!("Wrapped by {}. The link inside is checked.", names.join(", then by ")));
        }
        let fragment = self.url.fragment().unwrap_or_default();
        if self.is_fragment_read {
            let text = "The parameters after the # count, as Clerk's components write them. The page needs JavaScript to read them.";
            reading.advice.notes.push(text.to_owned());
        }
        let pairs = all_pairs(self.url.query().unwrap_or_default(), fragment);
        let pairs = reading.without_escapes(&pairs);
        let last_redirect = reading.classify(self.flow(), &pairs);
        if !self.is_fragment_read && !fragment.is_empty() {
            reading.add_fragment(fragment, last_redirect);
        }
        reading.name_repeated();
        reading.check_encoding(self.query());
        reading.check_values(instance, self.flow(), now);
        reading.name_ignored();
        reading.finish(instance, self, now)
    }
}

impl Reading {
    fn mistake(&mut self, text: String) {
        self.advice.mistakes.push(text);
        self.is_fixed = true;
    }

    /// The parameters without `&amp;` and without an encoded `=`.
    fn without_escapes<'t>(&mut self, pairs: &[&'t str]) -> Vec<Cow<'t, str>> {
        let mut found = Vec::new();
        let (mut has_amp, mut is_encoded) = (false, false);
        for pair in pairs {
            let mut pair = *pair;
            while let Some(rest) = pair.strip_prefix("amp;") {
                has_amp = true;
                pair = rest;
            }
            let whole = decoded_name(pair);
            let begins_with_a_name = |name: &str| whole.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
            if !pair.contains('=') && LinkParams::names().any(begins_with_a_name) {
                is_encoded = true;
                found.extend(whole.split('&').map(|pair| Cow::Owned(pair.to_owned())));
            } else {
                found.push(Cow::Borrowed(pair));
            }
        }
        if has_amp {
            self.mistake("&amp; is how HTML writes an &. In the link itself, write only &.".to_owned());
        }
        if is_encoded {
            self.mistake(
                "The = after a parameter's name is encoded, so the portal does not find the name. Encode only the value.".to_owned(),
            );
        }
        found
    }

    /// Sorts the parameters into those of the portal, those that are cut off from a URL, and the ignored ones. Returns the index of the
    /// redirect parameter that a fragment would belong to.
    fn classify(&mut self, flow: Flow, pairs: &[Cow<'_, str>]) -> Option<usize> {
        // A link may have thousands of parameters: each is compared with the portal's few names, never with all others.
        let known_of = |name: &str| LinkParams::names().find(|known| *known == name);
        let are_there: BTreeSet<_> = pairs.iter().filter_map(|pair| known_of(&decoded_name(pair))).collect();
        let (mut owner, mut last_redirect): (Option<usize>, Option<usize>) = (None, None);
        let (mut misspelled_names, mut counted) = (Vec::new(), BTreeSet::new());
        let mut cut_off: BTreeMap<usize, (String, usize)> = BTreeMap::new();
        for pair in pairs {
            let (raw_name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded_name(raw_name);
            let known = known_of(&name);
            let is_unknown = known.is_none() && !is_tracking(&name);
            let misspelled = is_unknown.then(|| meant(flow, &name)).flatten().filter(|meant| !are_there.contains(meant));
            if let Some(meant) = misspelled {
                misspelled_names.push((shown(&name), meant));
            }
            if let Some(name) = known.or(misspelled) {
                let is_counted = counted.insert(name) && LinkParams::REDIRECTS.contains(&name);
                self.params.push(Param { is_changed: misspelled.is_some(), ..Param::new(name, raw) });
                last_redirect = is_counted.then_some(self.params.len() - 1);
                owner = last_redirect.filter(|_| raw.contains('?'));
            } else if is_tracking(&name) || owner.is_none() {
                if !is_tracking(&name) {
                    last_redirect = None;
                }
                self.ignored.push(pair.to_string());
            } else if let Some(at) = owner {
                self.params[at].extend(&format!("&{pair}"));
                cut_off.entry(at).or_insert_with(|| (shown(&name), 0)).1 += 1;
            }
        }
        self.name_misspelled(&misspelled_names);
        for (at, (first, count)) in cut_off {
            let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            let (owner, verb) = (self.params[at].name, if count > 1 { "are" } else { "is" });
            self.mistake(format!("{first}{more} {verb} cut off from {owner}. Write an & inside a URL as %26."));
        }
        last_redirect
    }

    /// Names the misspelled parameters, and how many more there are.
    fn name_misspelled(&mut self, names: &[(String, &'static str)]) {
        for (name, meant) in names.iter().take(MAX_NAMED) {
            self.mistake(format!("The portal does not read {name}. Write {meant}."));
        }
        match names.len().saturating_sub(MAX_NAMED) {
            0 => {}
            1 => self.mistake("1 more parameter is misspelled.".to_owned()),
            more => self.mistake(format!("{more} more parameters are misspelled.")),
        }
    }

    /// Says what becomes of a fragment that is not read.
    fn add_fragment(&mut self, fragment: &str, last_redirect: Option<usize>) {
        match last_redirect {
            Some(at) => {
                let name = self.params[at].name;
                self.params[at].extend(&format!("#{fragment}"));
                self.mistake(format!("{} is cut off from {name}. Write a # inside a URL as %23.", shown(&format!("#{fragment}"))));
            }
            None => self.advice.notes.push(format!("Ignored: {}. The target does not get it.", shown(&format!("#{fragment}")))),
        }
    }

    fn name_repeated(&mut self) {
        for name in LinkParams::names() {
            let times = self.params.iter().filter(|param| param.name == name).count();
            if times > 1 {
                let counts = if LinkParams::REDIRECTS.contains(&name) { "first" } else { "last" };
                self.mistake(format!("{name} appears {times} times. The {counts} one counts."));
            }
        }
        let params = std::mem::take(&mut self.params);
        let (mut redirects, prefill): (Vec<_>, Vec<_>) = params.into_iter().partition(|param| LinkParams::REDIRECTS.contains(&param.name));
        // Stable, so that the first of each name comes first.
        redirects.sort_by_key(|param| param.name);
        redirects.dedup_by_key(|param| param.name);
        let mut prefill: Vec<_> = prefill.into_iter().rev().collect();
        prefill.sort_by_key(|param| param.name);
        prefill.dedup_by_key(|param| param.name);
        redirects.extend(prefill);
        redirects.sort_by_key(|param| LinkParams::names().position(|name| name == param.name));
        self.params = redirects;
    }

    fn check_encoding(&mut self, query: &str) {
        if query.as_bytes().iter().enumerate().any(|(at, byte)| *byte == b'%' && !is_escape(&query.as_bytes()[at..])) {
            self.mistake("A % without two hexadecimal digits after it stays a %. Write it as %25.".to_owned());
        }
        if percent_decode(query.as_bytes()).decode_utf8().is_err() {
            self.advice.mistakes.push("Some bytes are not valid UTF-8 and are read as \u{fffd}.".to_owned());
        }
    }

    fn check_values(&mut self, instance: &Instance, flow: Flow, now: Option<Timestamp>) {
        for param in &mut self.params {
            let Some(advice) = parameter_advice(instance, flow, now, param.name, &param.value) else { continue };
            let is_prefill = Prefill::NAMES.contains(&param.name);
            // In an address and at the beginning of a phone number, a space was a + that was not encoded.
            let plus = match param.name {
                "email_address" => Some(param.raw.replace('+', "%2B")),
                "phone_number" => param.raw.strip_prefix('+').map(|rest| format!("%2B{rest}")),
                _ => None,
            };
            let plus = plus.filter(|plus| is_prefill && *plus != param.raw).map(|plus| Param::new(param.name, &plus).value);
            if let Some(corrected) = advice.corrected.or(plus) {
                param.value = corrected;
                param.is_changed = true;
            }
            self.is_fixed |= param.is_changed;
            let said = if advice.is_note { &mut self.advice.notes } else { &mut self.advice.mistakes };
            said.push(format!("{}: {}", param.name, advice.text));
        }
    }

    fn name_ignored(&mut self) {
        let mut seen = BTreeSet::new();
        let mut names: Vec<String> = self.ignored.iter().map(|pair| shown(&decoded_name(pair))).collect();
        names.retain(|name| seen.insert(name.clone()));
        if !names.is_empty() {
            let more = names.len().checked_sub(MAX_NAMED).filter(|more| *more > 0).map(|more| format!(" and {more} more"));
            names.truncate(MAX_NAMED);
            self.advice.notes.push(format!("Ignored: {}{}.", names.join(", "), more.unwrap_or_default()));
        }
    }
}

/// A name as a sentence shows it: cut, and with invisible characters spelled out.
fn shown(text: &str) -> String {
    let text = cut(text);
    if text.chars().all(|c| c.is_ascii_graphic() || c == '…') { text } else { format!("{text:?}") }
}

/// Whether bytes begin with `%` and two hexadecimal digits.
fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}
