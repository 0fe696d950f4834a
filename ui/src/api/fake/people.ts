// Fictitious people of İzmir and Bandung. The numbers are from ranges kept for fiction (555).
import type { ContactView } from '../client';

const turkish = [['Ayşe', 'Mehmet', 'Zeynep', 'Hakan', 'Gül', 'Elif', 'Derya', 'Mustafa', 'Nur', 'Emre', 'Fatma', 'Can', 'Selin', 'Ozan', 'İpek', 'Kerem', 'Çağla', 'Barış', 'Şule', 'Tolga'],
  ['Demir', 'Korkmaz', 'Arslan', 'Ersoy', 'Çetin', 'Çınar', 'Acar', 'Yıldız', 'Aydın', 'Şahin', 'Kaya', 'Öztürk', 'Doğan', 'Işık', 'Güneş', 'Polat', 'Tekin', 'Bulut', 'Uçar', 'Erdem']] as const;
const indonesian = [['Budi', 'Siti', 'Agus', 'Dewi', 'Rizky', 'Putri', 'Wahyu', 'Sri'], ['Santoso', 'Rahmawati', 'Wijaya', 'Lestari', 'Pratama', 'Hidayat', 'Utami', 'Saputra']] as const;
const cities = ['İzmir', 'Manisa', 'Aydın', 'Çeşme', 'Bornova'];

export function people(count: number, now: number): ContactView[] {
  return Array.from({ length: count }, (_, index) => person(index, now));
}

function person(index: number, now: number): ContactView {
  const far = index % 13 === 4;
  const [first, last] = far ? indonesian : turkish;
  const name = `${first[(index * 7) % first.length]} ${last[(index * 3 + Math.floor(index / 20)) % last.length]}`;
  const end = String(index % 10_000).padStart(4, '0');
  const operator = 30 + (Math.floor(index / 10_000) * 7 + index) % 29;
  const phone = far ? `+628${11 + (Math.floor(index / 10_000) % 30)}555${end}` : `+905${operator}555${end}`;
  const shown = far ? `+62 8${phone.slice(4, 6)} 555 ${end}` : `+90 5${operator} 555 ${end.slice(0, 2)} ${end.slice(2)}`;
  const standing = index % 97 === 17 ? 'black' : index % 61 === 11 ? 'gray' : 'normal';
  const consent = index % 9 === 5 ? null : { source: index % 3 === 0 ? 'Shop form' : 'Order', at: now - (30 + (index % 400)) * 86_400_000, note: '' };
  return {
    id: `contact-${index}`, phone, phoneShown: shown, name: index % 41 === 7 ? '' : name, email: index % 5 === 2 ? `${name.split(' ')[0]?.toLocaleLowerCase('tr')}@example.com` : '',
    fields: { city: far ? 'Bandung' : cities[index % cities.length] ?? '' }, tags: [index % 3 === 0 ? 'lens' : 'frame', ...(index % 11 === 0 ? ['vip'] : [])],
    standing, consent, withdrawnAt: standing === 'black' ? now - 3 * 86_400_000 : null, createdAt: now - (index % 300) * 86_400_000, lastMessageAt: index % 4 === 0 ? now - (index % 60) * 86_400_000 : null, lastReplyAt: index % 12 === 0 ? now - (index % 30) * 86_400_000 : null,
  };
}
