// All tests of the shop page, in one browser: a second one would cost seconds.

import './account.mjs';
import './ordering.mjs';
import './paying.mjs';
import './lost.mjs';
import './history.mjs';
import './admin.mjs';
import './keyboard.mjs';
import './looks.mjs';
import './hostile.mjs';
import './stripe.mjs';
