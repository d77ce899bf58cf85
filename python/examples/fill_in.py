# %% [markdown]
# # The hidden half
# The left half of digits is given, and two nets fill in the right one: a deep belief net, and a convolutional one, whose filters
# are the same at all places.

# %%
import numpy as np

import harmonium

X, y, shape = harmonium.load_data("digits", subset=2000, resize="14x14")
unseen = harmonium.load_data("digits", part="test", subset=100, resize="14x14").X.reshape(-1, 14, 14)
left = np.tile(np.arange(14) < 7, (14, 1))

# %%
net = harmonium.DBN("100, 100", aim="generative", epochs=15, batch_size=20).fit(X)
dense = net.fill_in(unseen.reshape(100, -1), left.reshape(-1), steps=50).reshape(-1, 14, 14)

# %%
convolution = harmonium.ConvDBN("bernoulli 12 by 5x5 | 100", epochs=10, batch_size=20, learning_rate=0.02).fit(X.reshape(-1, 14, 14))
filters = convolution.fill_in(unseen, left, steps=30, answers=2, inference="layers")

# %%
mean = np.where(left, unseen, X.mean(axis=0).reshape(14, 14))
bands = {"digit": unseen, "given": np.where(left, unseen, 0.5), "DBN": dense, "ConvDBN": filters, "mean": mean}
harmonium.save_pictures("fill_in.png", {name: band[:12] for name, band in bands.items()})
for name in ("mean", "DBN", "ConvDBN"):
    print(f"{name}: squared error of a hidden pixel {((bands[name] - unseen) ** 2)[:, ~left].mean():.4f}")
