//! Where panels stand.

use super::{
    context::Context,
    model::{GridPos, Item, Panel, Row},
    topic::Topic,
};

/// Columns of Grafana's grid.
pub(super) const COLUMNS: u32 = 24;

/// Panels in rows, from left to right and from the top down.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    context: &'a Context<'a>,
    topic: Topic,
    items: Vec<Item>,
    next_id: u32,
    y: u32,
}

// === impl Layout ===

impl<'a> Layout<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self { context, topic: Topic::Traffic, items: Vec::new(), next_id: 1, y: 0 }
    }

    pub(super) fn context(&self) -> &'a Context<'a> {
        self.context
    }

    /// A heading; the panels below are about `topic`.
    pub(super) fn row(&mut self, title: &str, topic: Topic) {
        self.topic = topic;
        let grid_pos = GridPos { h: 1, w: COLUMNS, x: 0, y: self.y };
        let (id, title) = (self.id(), title.to_owned());
        self.items.push(Item::Row(Row { id, kind: "row", title, collapsed: false, grid_pos, panels: Vec::new() }));
        self.y += 1;
    }

    /// What the next panels are about.
    pub(super) fn about(&mut self, topic: Topic) {
        self.topic = topic;
    }

    /// Panels side by side, the width shared among them evenly.
    pub(super) fn line(&mut self, height: u32, panels: impl IntoIterator<Item = Panel>) {
        let panels: Vec<_> = panels.into_iter().collect();
        let width = COLUMNS / u32::try_from(panels.len()).unwrap_or(1).max(1);
        self.place(height, panels.into_iter().map(|panel| (width, panel)));
    }

    /// Pairs of a value and its trend, side by side.
    pub(super) fn pairs(&mut self, pairs: impl IntoIterator<Item = (Panel, Panel)>) {
        let pairs: Vec<_> = pairs.into_iter().collect();
        if pairs.is_empty() {
            return;
        }
        let width = COLUMNS / u32::try_from(pairs.len()).unwrap_or(1);
        let value = width / 3;
        let panels = pairs.into_iter().flat_map(|(stat, trend)| [(value, stat), (width - value, trend)]);
        self.place(8, panels);
    }

    fn place(&mut self, height: u32, panels: impl IntoIterator<Item = (u32, Panel)>) {
        let mut x = 0;
        for (width, mut panel) in panels {
            panel.id = self.id();
            panel.grid_pos = GridPos { h: height, w: width, x, y: self.y };
            if panel.links.is_empty() {
                panel.links = self.context.runbooks(self.topic);
            }
            x += width;
            self.items.push(Item::Panel(Box::new(panel)));
        }
        self.y += height;
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        self.items
    }

    fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}
