"""The page's longer sentences."""

TITLE = "What a spatial transformer sees"
LEAD = "A CNN trained on upright images fails on turned ones. A spatial transformer in front of it turns them back."
FETCH = "Download the real test images"
LINK_TROUBLE = "Part of the link could not be used."
DRAWINGS = {
    "mnist": "These are drawings made for this page. MNIST itself (12 MB) is not in the data folder.",
    "cifar10": "These are drawings made for this page. CIFAR-10 itself (170 MB) is not in the data folder.",
}
COMING = "These are drawings made for this page, until the test images are here."  # and how far they are
HEADER = f'<header class="masthead"><h1>{TITLE}</h1><p>{LEAD}</p></header>'
