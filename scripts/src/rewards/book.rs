//! The folder that is published: for each epoch its scores, its stakes, its allocations and the cumulative tree after it.
//!
//! ```text
//! rewards/
//!   epoch-12/
//!     scores.csv         as the validators published it, byte for byte (or scores.json)
//!     stakes.csv         what each miner had at stake
//!     allocations.json   who gets what, and the hashes of all that it follows from
//!     tree.json          what each miner has earned in all
//! ```
//! Whoever has the folder can compute every number in it again. What is read from it is checked against what it claims.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use alloy_primitives::{B256, keccak256};
use anyhow::{Context, Result, bail, ensure};

use super::{
    document::{Document, FORMAT, Input, Previous},
    epoch::{Before, Epoch, Inputs},
    rows::Format,
    tree::Cumulative,
};

const ALLOCATIONS: &str = "allocations.json";
const TREE: &str = "tree.json";

/// The published folder.
#[derive(Clone, Debug)]
pub struct Book {
    folder: PathBuf,
}

impl Book {
    /// The book in this folder, which is made when something is first published.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where an epoch's files are.
    pub fn epoch(&self, epoch: u64) -> PathBuf {
        self.folder.join(format!("epoch-{epoch}"))
    }

    /// What epoch `epoch` goes on from: the epoch before it, which must be here, for leaving one out would lose its part for
    /// ever. With `first`, nothing: then the book must have no earlier epoch.
    pub fn before(&self, epoch: u64, first: bool) -> Result<Option<Before>> {
        let newest = self.newest_before(epoch)?;
        match (first, newest) {
            (true, None) => Ok(None),
            (true, Some(newest)) => {
                bail!("epoch {epoch} cannot be the first: {} has epoch {newest}", self.folder.display())
            }
            (false, Some(newest)) if newest + 1 == epoch => Ok(Some(self.end(newest)?)),
            (false, Some(newest)) => {
                bail!(
                    "epoch {epoch} goes on from epoch {}, but the newest before it in {} is {newest}",
                    epoch - 1,
                    self.folder.display()
                )
            }
            (false, None) => bail!(
                "{} has no epoch before {epoch}: with --first miners begin with nothing earned, otherwise fetch epoch {} first",
                self.folder.display(),
                epoch.saturating_sub(1)
            ),
        }
    }

    /// How an epoch ended, by its document and its tree, which must agree.
    fn end(&self, epoch: u64) -> Result<Before> {
        let (document, data_hash) = self.document(epoch)?;
        let cumulative = match document.root {
            None => Cumulative::default(),
            Some(root) => {
                let (cumulative, tree) = self.tree(epoch)?;
                ensure!(
                    tree.root() == root,
                    "the tree of epoch {epoch} has the root {}, its allocations say {root}",
                    tree.root()
                );
                cumulative
            }
        };
        ensure!(
            cumulative.total() == document.cumulative_total,
            "the tree of epoch {epoch} sums to {} wei, its allocations say {}",
            cumulative.total(),
            document.cumulative_total
        );
        let previous = Previous { epoch, root: document.root, data_hash };
        Ok(Before { previous, carried: document.carried_out.into(), cumulative })
    }

    /// The cumulative amounts and the tree of an epoch, as its file says and its values prove.
    pub fn tree(&self, epoch: u64) -> Result<(Cumulative, economics::merkle::Tree)> {
        let path = self.epoch(epoch).join(TREE);
        Cumulative::read(&read(&path)?).with_context(|| path.display().to_string())
    }

    /// Computes an epoch again from its published inputs, and compares all that is published of it.
    pub fn recomputed(&self, epoch: u64) -> Result<Epoch> {
        let (document, data_hash) = self.document(epoch)?;
        let before = match &document.previous {
            None => None,
            Some(previous) => {
                let before = self.end(previous.epoch)?;
                ensure!(
                    previous.epoch + 1 == epoch && before.previous == *previous,
                    "epoch {epoch} goes on from another epoch {} than the one in {}",
                    previous.epoch,
                    self.folder.display()
                );
                Some(before)
            }
        };
        let computed = Epoch::of(Inputs {
            epoch,
            budget: document.budget.into(),
            minimum_stake: document.minimum_stake,
            scores: self.input(epoch, &document.scores)?,
            stakes: self.input(epoch, &document.stakes)?.1,
            before,
        })?;
        let again = computed.document.data_hash();
        ensure!(
            computed.document == document,
            "the allocations of epoch {epoch} do not follow from its inputs: computed again, the root is {} and the data hash {again}; \
             published are {} and {data_hash}",
            root_text(computed.root()),
            root_text(document.root)
        );
        ensure!(
            again == data_hash,
            "{ALLOCATIONS} of epoch {epoch} says the right thing in other bytes: {data_hash} instead of {again}"
        );
        if computed.tree.is_some() {
            let (cumulative, tree) = self.tree(epoch)?;
            ensure!(
                cumulative == computed.cumulative,
                "{TREE} of epoch {epoch} is not the tree of its allocations: published is the root {}, computed again it is {}",
                tree.root(),
                root_text(computed.root())
            );
        }
        Ok(computed)
    }

    /// Writes an epoch. One that is there already must be the same: what was published is not replaced.
    pub fn publish(&self, epoch: &Epoch) -> Result<PathBuf> {
        let folder = self.epoch(epoch.document.epoch);
        let (allocations, data_hash) = (epoch.document.bytes(), epoch.document.data_hash());
        if folder.join(ALLOCATIONS).exists() {
            let (_, published) = self.document(epoch.document.epoch)?;
            ensure!(
                published == data_hash,
                "epoch {} is published already with the data hash {published}; computed now it is {data_hash}. Move {} away to replace it",
                epoch.document.epoch,
                folder.display()
            );
            return Ok(folder);
        }
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        write(&folder.join(&epoch.document.scores.file), |to| to.write_all(&epoch.inputs.scores.1))?;
        write(&folder.join(&epoch.document.stakes.file), |to| to.write_all(&epoch.inputs.stakes))?;
        if let Some(tree) = &epoch.tree {
            write(&folder.join(TREE), |to| Ok(epoch.cumulative.write(tree, to)?))?;
        }
        // Last, for it is what makes the epoch published.
        write(&folder.join(ALLOCATIONS), |to| to.write_all(&allocations))?;
        Ok(folder)
    }

    fn document(&self, epoch: u64) -> Result<(Document, B256)> {
        let path = self.epoch(epoch).join(ALLOCATIONS);
        let bytes = read(&path)?;
        let document: Document = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        ensure!(document.format == FORMAT, "{} has the format {:?}, not {FORMAT:?}", path.display(), document.format);
        ensure!(document.epoch == epoch, "{} is about epoch {}", path.display(), document.epoch);
        Ok((document, keccak256(&bytes)))
    }

    fn input(&self, epoch: u64, input: &Input) -> Result<(Format, Vec<u8>)> {
        // A document from elsewhere must not lead out of its folder.
        ensure!(
            Path::new(&input.file).file_name().is_some_and(|it| it == input.file.as_str()),
            "{:?} is no file name",
            input.file
        );
        let path = self.epoch(epoch).join(&input.file);
        let bytes = read(&path)?;
        let found = keccak256(&bytes);
        ensure!(
            found == input.keccak256,
            "{} is not the file that the allocations were computed from: its hash is {found}, not {}",
            path.display(),
            input.keccak256
        );
        Ok((Format::of(&input.file, ""), bytes))
    }

    /// The newest epoch that is published.
    pub fn newest(&self) -> Result<Option<u64>> {
        self.newest_before(u64::MAX)
    }

    fn newest_before(&self, epoch: u64) -> Result<Option<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            entries => entries.with_context(|| format!("{} cannot be read", self.folder.display()))?,
        };
        let mut newest = None;
        for entry in entries {
            let entry = entry.with_context(|| format!("{} cannot be read", self.folder.display()))?;
            let number = entry.file_name().to_str().and_then(|it| it.strip_prefix("epoch-")?.parse().ok());
            if entry.path().join(ALLOCATIONS).exists() {
                newest = newest.max(number.filter(|it| *it < epoch));
            }
        }
        Ok(newest)
    }
}

/// A root, or that there is none.
pub(crate) fn root_text(root: Option<B256>) -> String {
    root.map_or_else(|| "none (nobody has earned anything)".to_owned(), |it| it.to_string())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path)
        .with_context(|| format!("{} cannot be read; is --book the published folder, with this epoch in it?", path.display()))
}

/// Writes beside the file first, so that there is never half of one under its name.
fn write(path: &Path, content: impl FnOnce(&mut BufWriter<fs::File>) -> std::io::Result<()>) -> Result<()> {
    let part = path.with_extension("part");
    let written = fs::File::create(&part).and_then(|file| {
        let mut to = BufWriter::new(file);
        content(&mut to)?;
        to.flush()?;
        fs::rename(&part, path)
    });
    written.with_context(|| format!("{} cannot be written", path.display()))
}
