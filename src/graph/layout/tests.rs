use super::*;

fn sizes(count: usize) -> Vec<Size> {
    (0..count)
        .map(|index| Size {
            width: 100.0 + (index * 37 % 90) as f64,
            height: 44.0,
        })
        .collect()
}

pub(super) fn wire(from: usize, to: usize) -> Wire {
    Wire {
        from,
        to,
        kind: EdgeKind::From,
        needed: true,
        critical: false,
    }
}

#[test]
fn an_empty_graph_has_no_size() {
    let layout = layout(&[], &[], None, None);
    assert_eq!(layout.size, Size::default());
    assert_eq!(layout.pieces, []);
}

#[test]
fn a_cycle_is_laid_out_all_the_same() {
    let layout = layout(
        &sizes(3),
        &[wire(0, 1), wire(1, 2), wire(2, 0)],
        Some(2),
        None,
    );
    assert_eq!(layout.boxes.len(), 3);
}

#[test]
fn wires_to_nowhere_are_left_out() {
    let layout = layout(&sizes(2), &[wire(0, 7), wire(9, 1)], Some(8), None);
    assert_eq!(layout.boxes.len(), 2);
}

#[test]
fn a_long_chain_goes_down_and_a_fan_is_folded() {
    let chain: Vec<Wire> = (1..40).map(|node| wire(node - 1, node)).collect();
    assert_eq!(
        layout(&sizes(40), &chain, Some(39), None).direction,
        Direction::Down
    );
    let fan: Vec<Wire> = (1..40).map(|node| wire(0, node)).collect();
    let size = layout(&sizes(40), &fan, Some(39), None).size;
    let ratio = size.width / size.height;
    assert!((0.5..3.0).contains(&ratio), "{size:?}");
}

#[test]
fn a_chain_is_straight() {
    let chain: Vec<Wire> = (1..6).map(|node| wire(node - 1, node)).collect();
    let layout = layout(&sizes(6), &chain, Some(5), None);
    for piece in &layout.pieces {
        let [start, .., end] = piece.points;
        let across = match layout.direction {
            Direction::Right => start.y - end.y,
            Direction::Down => start.x - end.x,
        };
        assert!(across.abs() < 0.5, "{piece:?}");
    }
}

#[test]
fn too_many_long_edges_become_stubs() {
    let count = 3_000;
    let mut wires: Vec<Wire> = (1..count).map(|node| wire(node - 1, node)).collect();
    wires.extend((0..count - 2).map(|node| Wire {
        kind: EdgeKind::Copy,
        ..wire(node, (node + 1_500).min(count - 1))
    }));
    let layout = layout(&sizes(count), &wires, Some(count - 1), None);
    assert!(!layout.stubs.is_empty());
    assert!(layout.pieces.len() < 3 * crate::limits::MAX_EDGE_BENDS);
}
