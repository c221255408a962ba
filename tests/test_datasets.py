"""Opening pictures: the shipped set, its captions, its damage, and pictures of the reader's own."""

import hashlib
import io
import shutil
import struct
import zlib

import pytest
import torch
from PIL import Image

from course_lib import datasets, shipped
from course_lib.datasets import open_emoji, open_emoji_artwork, open_picture, over_background

STYLES = ["noto", "fluent", "flat", "twemoji"]


@pytest.fixture(scope="module")
def emoji():
    return open_emoji()


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of data/emoji that a test may damage."""
    folder = tmp_path / "data" / "emoji"
    shutil.copytree(datasets.EMOJI, folder)
    monkeypatch.setattr(datasets, "EMOJI", folder)
    return folder


def packed(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def test_all_styles_open_as_float_pictures(emoji):
    count = len(emoji)
    assert count == 4 * 256
    assert emoji.images.shape == (count, 3, 64, 64) and emoji.images.dtype == torch.float32
    assert emoji.images.min() == -1 and emoji.images.max() == 1
    for column in (
        emoji.captions,
        emoji.captions_thai,
        emoji.keywords,
        emoji.keywords_thai,
        emoji.concepts,
        emoji.groups,
    ):
        assert len(column) == count
    assert list(dict.fromkeys(emoji.styles)) == STYLES


def test_one_style_is_its_part_of_all(emoji):
    flat = open_emoji("flat")
    assert torch.equal(flat.images, emoji.style("flat").images)
    assert flat.captions == emoji.style("flat").captions and set(flat.styles) == {"flat"}


def test_every_picture_is_cut_from_the_cell_of_its_concept(emoji):
    with Image.open(datasets.EMOJI / "twemoji.png") as sheet:
        number = emoji.captions.index("octopus")
        left, top = number % 16 * 64, number // 16 * 64
        white = Image.new("RGBA", (64, 64), "white")
        white.alpha_composite(sheet.crop((left, top, left + 64, top + 64)))
    wanted = torch.frombuffer(bytearray(white.convert("RGB").tobytes()), dtype=torch.uint8).reshape(64, 64, 3)
    picture = emoji.select("octopus twemoji").images
    assert picture.shape[0] == 1
    torch.testing.assert_close((picture[0].permute(1, 2, 0) + 1) * 127.5, wanted.float(), atol=0.6, rtol=0)


def test_colours_are_what_the_captions_say():
    for colour, largest in (("red", 0), ("green", 1), ("blue", 2)):
        for picture in open_emoji().select(f"{colour} heart").select("heart").images:
            assert picture[:, 32, 32].argmax() == largest


def test_the_ground_is_seen_where_nothing_is_drawn():
    artwork = open_emoji_artwork("noto")
    clear = (artwork.images[:, 3] == 0)[:, None].expand(-1, 3, -1, -1)
    for background, value in (("white", (1, 1, 1)), ("#ff0080", (1, -1, 128 / 127.5 - 1)), ((0, 255, 0), (-1, 1, -1))):
        images = open_emoji("noto", background).images
        ground = torch.tensor(value, dtype=torch.float32).reshape(1, 3, 1, 1).expand_as(images)
        torch.testing.assert_close(images[clear], ground[clear])


def test_half_seen_pixels_are_mixed_without_rounding():
    pixel = torch.tensor([200, 100, 0, 85], dtype=torch.uint8).reshape(1, 4, 1, 1)
    kept = pixel.clone()
    mixed = over_background(pixel, (30, 60, 90)).flatten()
    wanted = torch.tensor([200 / 3 + 20, 100 / 3 + 40, 60.0]) / 127.5 - 1
    torch.testing.assert_close(mixed, wanted)
    assert torch.equal(pixel, kept)
    assert over_background(pixel.to("meta")).is_meta, "it stays where the artwork is"


def test_artwork_holds_no_colour_where_it_is_clear():
    images = open_emoji_artwork().images
    assert images.shape == (1024, 4, 64, 64) and images.dtype == torch.uint8
    assert (images[:, :3].amax(1)[images[:, 3] == 0] == 0).all()


@pytest.mark.parametrize(
    ("words", "captions"),
    [
        ("red heart noto", ["red heart"]),
        ("HEART Twemoji red", ["red heart"]),
        ("t-rex flat", ["T-Rex"]),
        ("ตุ๊กตุ๊ก noto", ["auto rickshaw"]),
        ("หัวใจสีแดง fluent", ["red heart"]),
        ("car noto", ["taxi", "automobile"]),
    ],
)
def test_select_finds_whole_words_in_captions_keywords_and_styles(emoji, words, captions):
    found = emoji.select(words)
    assert set(captions) <= set(found.captions) and len(found) == len(found.images)
    assert "carrot" not in found.captions
    if "heart" in words.casefold():
        assert found.captions == captions


def test_select_works_on_what_was_selected(emoji):
    assert emoji.select("heart").select("red").style("noto").select("heart").captions[-1:] == ["red heart"]


@pytest.mark.parametrize(
    ("words", "near"),
    [("dolfin", "dolphin"), ("a red heart", "red heart"), ("red roket twemoji", "rocket"), ("โลมาา", "dolphin")],
)
def test_select_names_near_captions(emoji, words, near):
    with pytest.raises(ValueError, match=f"Near captions: .*{near}"):
        emoji.select(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("a cat on a red car", "all words must fit the same one. None has: a, on. Some have: cat, red, car."),
        ("happy dog sleeping", "all words must fit the same one. Some have: happy, dog, sleeping."),
        ("dolfin", "No picture fits 'dolfin'. Near captions: dolphin."),
        ("qqqqqqqq", "No picture fits 'qqqqqqqq'. Nothing in the set is near. Try: animal, fruit, heart."),
        ("red fruit cat", "Near captions: red apple, cherries."),
    ],
)
def test_select_says_which_word_does_not_fit(words, said):
    with pytest.raises(ValueError) as caught:
        open_emoji("fluent").select(words)
    assert str(caught.value).endswith(said)


def test_select_does_not_advise_words_that_the_set_does_not_have(emoji):
    with pytest.raises(ValueError, match=r"Nothing in the set is near\.$"):
        emoji.select("rocket").select("qqqqqqqq")


@pytest.mark.parametrize("words", ["", "  ", "!!"])
def test_select_asks_for_a_word(emoji, words):
    with pytest.raises(ValueError, match="Type at least one word, such as animal; got"):
        emoji.select(words)


def test_select_takes_the_plural_for_the_thing(emoji):
    fluent = emoji.style("fluent")
    assert fluent.select("hearts").captions == fluent.select("heart").captions
    assert fluent.select("animals").captions == fluent.select("animal").captions
    assert set(fluent.select("หัวใจ").captions) <= set(fluent.select("hearts").captions)


def test_unknown_styles_and_colours_are_refused(emoji):
    for ask in (open_emoji, open_emoji_artwork, emoji.style):
        with pytest.raises(ValueError, match=r"unknown style 'notto'; did you mean noto\?"):
            ask("notto")
    for colour in ("whitish", "#ff000080", (1, 2), (0, 0, 256), (0.5, 0.5, 0.5), None):
        with pytest.raises(ValueError, match="opaque colour"):
            open_emoji("noto", colour)
    with pytest.raises(ValueError, match=r"\(1, 3, 2, 2\), torch.uint8"):
        over_background(torch.zeros(1, 3, 2, 2, dtype=torch.uint8))
    with pytest.raises(ValueError, match="torch.float32"):
        over_background(torch.zeros(1, 4, 2, 2))


@pytest.mark.parametrize("name", ["captions.json", "fluent.png", "README.md"])
def test_a_missing_file_is_named_with_the_command_that_brings_it_back(copy, name):
    (copy / name).unlink()
    with pytest.raises(
        FileNotFoundError, match=f"data/emoji/{name} is missing.*git restore data/emoji/{name}"
    ) as caught:
        open_emoji()
    assert ("prepare.py" in str(caught.value)) == (name != "README.md")


@pytest.mark.parametrize("name", ["captions.json", "noto.png"])
def test_one_changed_byte_is_damage(copy, name):
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(
        ValueError, match=f"{name} is damaged: its sha256 .*git restore data/emoji/{name}; .*prepare.py"
    ):
        open_emoji()


def test_what_cannot_be_decoded_is_damage(copy, monkeypatch):
    (copy / "README.md").write_text("no table here")
    with pytest.raises(ValueError, match="README.md is damaged: it cannot be decoded"):
        open_emoji()
    shutil.copy(datasets.EMOJI / "captions.json", copy / "noto.png")
    monkeypatch.setattr(
        shipped,
        "sums",
        lambda _: {n.name: hashlib.sha256(n.read_bytes()).hexdigest() for n in copy.iterdir() if n.is_file()},
    )
    with pytest.raises(ValueError, match="noto.png is damaged: it cannot be decoded"):
        open_emoji("noto")


def test_without_the_checkout_the_reader_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "EMOJI", tmp_path / "data" / "emoji")
    with pytest.raises(FileNotFoundError, match="must be run from its checkout"):
        open_emoji()


def test_open_picture_takes_paths_and_bytes(tmp_path):
    picture = Image.radial_gradient("L").convert("RGB").resize((64, 64))
    path = tmp_path / "mine.png"
    picture.save(path)
    opened = open_picture(path)
    assert opened.shape == (1, 3, 64, 64) and opened.dtype == torch.float32
    exact = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).reshape(64, 64, 3).permute(2, 0, 1)
    torch.testing.assert_close(opened[0], exact / 127.5 - 1)
    for source in (str(path), path.read_bytes(), memoryview(path.read_bytes()), bytearray(path.read_bytes())):
        assert torch.equal(open_picture(source), opened)


def test_open_picture_keeps_the_square_in_the_middle():
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("lime", (100, 0, 200, 100))
    middle = open_picture(packed(wide), 10)[0, :, :, 1:9]
    torch.testing.assert_close(
        middle, torch.tensor([-1.0, 1.0, -1.0]).reshape(3, 1, 1).expand(3, 10, 8), atol=0.02, rtol=0
    )


def test_open_picture_turns_as_the_camera_said():
    picture = Image.new("RGB", (40, 40), "black")
    picture.paste("white", (0, 0, 40, 20))  # stored with the light half on top
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown a quarter turn clockwise: the light half on the right
    opened = open_picture(packed(picture, "JPEG", exif=exif, quality=100), 40)[0, 0]
    assert opened[:, 30:].min() > 0.9 and opened[:, :10].max() < -0.9


def test_what_is_clear_becomes_white_without_a_dark_edge():
    picture = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    picture.paste((255, 255, 255, 255), (0, 0, 63, 128))
    assert open_picture(packed(picture), 16).min() == 1  # black hidden under alpha 0 never shows
    indexed = Image.new("P", (8, 8), 0)
    indexed.putpalette([255, 0, 0])
    assert open_picture(packed(indexed, transparency=0), 8).min() == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_usual_kind_of_picture_opens(mode):
    picture = Image.new("RGB", (20, 20), "white").convert(mode)
    opened = open_picture(packed(picture, "TIFF"), 8)
    assert opened.shape == (1, 3, 8, 8) and opened.min() > 0.98


def test_sixteen_bits_are_scaled_not_clipped():
    picture = Image.frombytes("I;16", (4, 4), struct.pack("<16H", *[32896] * 16))
    torch.testing.assert_close(open_picture(packed(picture), 4), torch.full((1, 3, 4, 4), 128 / 127.5 - 1))


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime")]
    opened = open_picture(packed(frames[0], "GIF", save_all=True, append_images=frames[1:]), 16)
    assert opened[0, :, 8, 8].tolist() == [1, -1, -1]


def test_what_is_not_a_picture_is_refused(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("a red heart")
    with pytest.raises(ValueError, match=r"notes.txt is not a picture .* 11 bytes that begin with b'a red heart'"):
        open_picture(text)
    with pytest.raises(ValueError, match="the given data .* no bytes at all"):
        open_picture(b"")
    with pytest.raises(ValueError, match="cut off"):
        open_picture(packed(Image.effect_noise((64, 64), 90))[:1500])
    for mode, kind in {"F": "floats", "I": "whole numbers of 32 bits"}.items():
        with pytest.raises(ValueError, match=f"the given data holds {kind}.*save it with 8 or 16 bits a colour first"):
            open_picture(packed(Image.new(mode, (4, 4), 7), "TIFF"))
    with pytest.raises(ValueError, match="path or the bytes of a picture file; got int"):
        open_picture(3)
    for missing in (tmp_path / "none.png", tmp_path):
        with pytest.raises(FileNotFoundError, match=str(missing)):
            open_picture(missing)
    with pytest.raises(ValueError, match="size must be a whole number"):
        open_picture(text, size=0)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [11_000, 60_000])
def test_a_huge_picture_is_refused_before_it_is_unpacked(side):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(ValueError, match="too large: it has more than 89,478,485 pixels; make it smaller"):
        open_picture(bomb)


def test_the_default_precision_of_a_reader_changes_no_picture(emoji):
    """Lessons show float32; somebody may have set float64 for work of their own."""
    expected = open_picture(packed(Image.radial_gradient("L")))
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.equal(open_emoji().images, emoji.images) and emoji.images.dtype == torch.float32
        assert torch.equal(open_picture(packed(Image.radial_gradient("L"))), expected)
    finally:
        torch.set_default_dtype(torch.float32)


def sixteen_bits(colour, numbers, key):
    """A PNG of 16 bits a colour (colour type 0: grey, 2: RGB) with a transparent colour, as bytes."""
    channels = {0: 1, 2: 3}[colour]
    width = len(numbers) // channels
    row = b"\0" + struct.pack(f">{len(numbers)}H", *numbers)
    header = struct.pack(">IIBBBBB", width, width, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", header),
            chunk(b"tRNS", struct.pack(f">{channels}H", *key)),
            chunk(b"IDAT", zlib.compress(row * width)),
            chunk(b"IEND", b""),
        ]
    )


def test_a_transparent_colour_of_sixteen_bits_is_white_and_its_neighbour_is_not():
    grey = open_picture(sixteen_bits(0, [1000, 1001, 1000, 65535], [1000]), 4)[0, :, 0]
    dark = round(1001 / 257) / 127.5 - 1
    torch.testing.assert_close(grey, torch.tensor([1.0, dark, 1.0, 1.0]).expand(3, -1))
    colours = [[1000, 2000, 3000], [1001, 2000, 3000], [1000, 2000, 3000], [1000, 2000, 3001]]
    rgb = open_picture(sixteen_bits(2, sum(colours, []), [1000, 2000, 3000]), 4)[0, :, 0]
    shown = torch.tensor([3, 7, 11]) / 127.5 - 1
    torch.testing.assert_close(rgb, torch.stack([torch.ones(3), shown, torch.ones(3), shown], dim=1))


def test_sixteen_bits_of_a_netpbm_file_are_scaled():
    picture = b"P5 2 2 65535\n" + struct.pack(">4H", *[32896] * 4)
    torch.testing.assert_close(open_picture(picture, 2), torch.full((1, 3, 2, 2), 128 / 127.5 - 1))
